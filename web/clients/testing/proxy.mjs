// A line between a client and the server, which a test can cut, block and hold.
import { once } from "node:events";
import { connect, createServer } from "node:net";

/** Proxy forwards TCP to `target`, "http://host:port", which may change: a restarted server has another port. */
export class Proxy {
  cuts = 0; // connections cut so far
  accepted = 0;
  #lines = new Set();
  #held = [];
  #server = createServer({ noDelay: true }, (client) => this.#accept(client));

  /** lifetime returns how many bytes of answers a new connection may carry before it is cut. */
  lifetime = () => Infinity;
  /** holds says whether what a client sends on one of its connections is kept back. */
  holds = () => false;
  /** holdsAnswers says the same of what the server answers. */
  holdsAnswers = () => false;
  /** away: connections are refused, as without a network. */
  away = false;

  static async open(t, target) {
    const proxy = new Proxy();
    proxy.target = target;
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    t.after(() => {
      proxy.#server.close();
      proxy.cut();
    });
    return proxy;
  }

  get origin() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  /** cut resets every connection. */
  cut() {
    for (const line of this.#lines) line.cut();
  }

  /** silence keeps every connection open and moves nothing on it any more, as when a cable is pulled. */
  silence() {
    for (const line of this.#lines) line.silent = true;
  }

  /** release sends on what was held. */
  release() {
    this.holds = this.holdsAnswers = () => false;
    for (const send of this.#held.splice(0)) send();
  }

  get held() {
    return this.#held.length;
  }

  #accept(client) {
    this.accepted++;
    if (this.away) return client.resetAndDestroy();
    const { hostname, port } = new URL(this.target);
    const server = connect({ port, host: hostname, noDelay: true });
    const line = { cut: () => this.#cut(line, client, server) };
    this.#lines.add(line);
    let left = this.lifetime();
    client.on("data", (bytes) => {
      if (line.silent) return;
      if (this.holds(bytes.toString("latin1"))) this.#held.push(() => server.write(bytes));
      else server.write(bytes);
    });
    server.on("data", (bytes) => {
      if (line.silent) return;
      const some = bytes.subarray(0, Math.min(left, bytes.length));
      if (this.holdsAnswers(bytes.toString("latin1"))) this.#held.push(() => client.write(some));
      else client.write(some);
      left -= bytes.length;
      if (left < 0) line.cut();
    });
    for (const [one, other] of [
      [client, server],
      [server, client],
    ]) {
      one.on("error", () => {}); // a reset is what we are here for
      one.on("close", () => {
        if (line.silent) return;
        this.#lines.delete(line);
        other.destroy();
      });
    }
  }

  // Half of the cuts arrive as a reset, which may overtake what was sent before it, half as an end.
  #cut(line, client, server) {
    if (!this.#lines.delete(line)) return;
    this.cuts++;
    if (this.cuts % 2) client.resetAndDestroy();
    else client.destroySoon();
    server.destroy();
  }
}
