import { createGuard } from 'holdfast';

const guard = createGuard({ name: 'git' });
guard.execute(() => 'guarded').then(console.log);
