import * as vscode from 'vscode';
import { disposeAll } from '../disposal.ts';
import { healthTree, type HealthNode } from './health-tree.ts';
import type { Registry } from './registry.ts';

/** What happens in bursts is shown once, in milliseconds. */
const settleTime = 250;

/** The view "Settings Health" in the side bar. */
export class HealthView implements vscode.TreeDataProvider<HealthNode>, vscode.Disposable {
  readonly #registry: Registry;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #tree: vscode.TreeView<HealthNode>;
  readonly #subscription: vscode.Disposable;
  #timer: NodeJS.Timeout | undefined;

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(registry: Registry) {
    this.#registry = registry;
    this.#tree = vscode.window.createTreeView('holdfastHealth', { treeDataProvider: this, showCollapseAll: true });
    this.#subscription = registry.onDidChange(() => {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.#changed.fire();
      }, settleTime);
    });
  }

  getChildren(node?: HealthNode): HealthNode[] {
    if (node !== undefined) return [...node.children ?? []];
    return this.#registry.watched.flatMap((watched) => {
      try {
        return [healthTree(watched)];
      } catch {
        // A service of another version, or one that is going away.
        return [];
      }
    });
  }

  getTreeItem({ id, label, description, tooltip, icon, color, context, children, open }: HealthNode): vscode.TreeItem {
    const { None, Expanded, Collapsed } = vscode.TreeItemCollapsibleState;
    const item = new vscode.TreeItem(label, children === undefined ? None : open === true ? Expanded : Collapsed);
    item.id = id;
    item.iconPath = new vscode.ThemeIcon(icon, color === undefined ? undefined : new vscode.ThemeColor(color));
    item.contextValue = context;
    if (description !== undefined) item.description = description;
    if (tooltip !== undefined) item.tooltip = tooltip;
    return item;
  }

  dispose(): void {
    clearTimeout(this.#timer);
    disposeAll([this.#subscription, this.#tree, this.#changed]);
  }
}
