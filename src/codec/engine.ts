/** Whether JavaScriptCore runs this, not V8 or another engine: what is fast on the one is not on the other. Nothing else may depend on it. */
export const isJavaScriptCore: boolean = Object.hasOwn(new Error(), "sourceURL");
