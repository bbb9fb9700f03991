/* Material's messages: 0 sets up, 1 says ready, 2 asks, 3 answers. */

const answer = (() => {
  let engine;
  return ({ type, data }) => {
    if (type === 0) {
      engine = new Engine(data);
      return { type: 1 };
    }
    return { type: 3, data: engine.search(data) };
  };
})();

if (typeof WorkerGlobalScope === "undefined") {
  globalThis.youjuSearch = answer; // in a page opened from a folder, where no worker may be started
} else {
  addEventListener("message", ({ data }) => postMessage(answer(data)));
}
