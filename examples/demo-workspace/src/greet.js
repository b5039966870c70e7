/** Something for an agent to work on. */
export function greet(name) {
  return `Hello, ${name}.`;
}
