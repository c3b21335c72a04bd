// A wire between the browser and the server that a test can cut: a TCP proxy on loopback. While it
// is cut, what was connected is gone and nobody gets through.
import { connect, createServer } from "node:net";

/** Stands on `port` in front of `target`, both on loopback. */
export async function startProxy(port, target) {
  const pairs = new Set();
  let isCut = false;
  const server = createServer((near) => {
    if (isCut) return near.destroy();
    const far = connect(target, "127.0.0.1");
    const pair = [near, far];
    pairs.add(pair);
    for (const [one, other] of [pair, pair.toReversed()]) {
      one.pipe(other);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        other.destroy();
        pairs.delete(pair);
      });
    }
  });
  await new Promise((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
  return {
    /** Cuts every connection; new ones get through after `mend`. */
    cut() {
      isCut = true;
      for (const sockets of pairs) for (const socket of sockets) socket.destroy();
    },
    mend: () => (isCut = false),
    async close() {
      this.cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
