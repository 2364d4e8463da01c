// The little of Node.js that docs/examples/send.ts uses.
declare const process: { env: Record<string, string | undefined>; exitCode?: number };
