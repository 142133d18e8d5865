// How states travel from one window to others: through the server's talk, or between two windows of
// one browser. Knows neither pages nor what a state says.

/** @typedef {import("./tell.js").News} News */
/** @typedef {import("./tell.js").Line} Line */
/** @typedef {{talk: string, key: string}} Key - of a presenter's own talk */
/**
 * What a window hears: a state; that the line is lost, or back; that it is over, and why.
 * @typedef {{news: (news: News) => void, lost: () => void, back: () => void,
 *   over: (why: string) => void}} Heard
 */

const ALIVE = 3000; // ms between two signs of life, which also say how many follow
const AGAIN = 5000; // ms after which a line that the browser has given up is tried once more

/** @param {string} path */
function at(path) {
  return new URL(path, document.baseURI).href;
}

/**
 * What the server answers to a message; null where nobody answers.
 * @param {string} path
 * @param {Record<string, unknown>} message
 * @returns {Promise<any>}
 */
async function post(path, message) {
  try {
    const answer = await fetch(at(path), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(message),
    });
    return await answer.json();
  } catch {
    return null; // no server, or none that knows talks: tried again with the next state
  }
}

/** A new talk: `{talk, key}`, or `{error}`; null where nobody answers. */
export function openTalk() {
  return post("talks", {});
}

/** @param {Key} own */
export function endTalk({ talk, key }) {
  return post(`talks/${talk}`, { key, end: true });
}

/**
 * The presenter's end of a talk. One state is under way at a time, and the newest waits.
 * @param {Key} own
 * @param {string} session - whose measurements go with a state: this window's
 * @param {{followers: (n: number) => void, gone: () => void}} on
 * @returns {Line}
 */
export function talkLine({ talk, key }, session, on) {
  /** @type {Record<string, unknown> | null} */
  let next = null;
  let busy = false;
  let closed = false;
  const send = async () => {
    if (busy) return;
    busy = true;
    while (next && !closed) {
      const message = next;
      next = null;
      const answer = await post(`talks/${talk}`, { key, ...message });
      if (closed) break;
      if (answer?.gone) on.gone();
      else if (answer?.followers !== undefined) on.followers(answer.followers);
    }
    busy = false;
  };
  const alive = setInterval(() => {
    next ??= {};
    send();
  }, ALIVE);
  return {
    send({ state }) {
      next = { state, session };
      send();
    },
    close() {
      closed = true;
      clearInterval(alive);
    },
  };
}

/**
 * A follower's end of it. Returns what hangs up.
 * @param {string} talk
 * @param {Heard} heard
 * @returns {() => void}
 */
export function listen(talk, heard) {
  /** @type {EventSource} */
  let source;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let again;
  const open = () => {
    source = new EventSource(at(`talks/${encodeURIComponent(talk)}`));
    source.onopen = () => heard.back();
    source.onmessage = ({ data }) => heard.news(JSON.parse(data));
    source.addEventListener("over", ({ data }) => {
      source.close();
      heard.over(data);
    });
    source.onerror = () => {
      heard.lost();
      if (source.readyState === EventSource.CLOSED) again = setTimeout(open, AGAIN);
    };
  };
  open();
  return () => {
    clearTimeout(again);
    source.close();
  };
}

/**
 * The speaker's end of a pair of windows. The other one says when it comes, and hears the state.
 * @param {string} pair
 * @param {() => void} came
 * @returns {Line}
 */
export function pairLine(pair, came) {
  const channel = new BroadcastChannel(`taskarith-${pair}`);
  channel.onmessage = ({ data }) => {
    if (data.came) came();
  };
  return {
    send: (news) => channel.postMessage({ news }),
    close: () => channel.close(),
  };
}

/**
 * The audience's end of it. Returns what hangs up.
 * @param {string} pair
 * @param {(news: News) => void} news
 * @returns {() => void}
 */
export function listenToPair(pair, news) {
  const channel = new BroadcastChannel(`taskarith-${pair}`);
  channel.onmessage = ({ data }) => {
    if (data.news) news(data.news);
  };
  channel.postMessage({ came: true });
  return () => channel.close();
}
