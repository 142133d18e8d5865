// Which tab this is: its work is found again after a visit to another page, and no other tab's.

const KEY = "taskarith-visitor";
const HEARD = 100; // ms in which another tab says that a name is its own

/** @type {Promise<string> | undefined} */
let own;

/** This tab's name, 24 hexadecimal digits; the same on every page. @returns {Promise<string>} */
export function visitor() {
  own ??= claimed();
  return own;
}

// A duplicated tab starts with a copy of the other's memory, its name too: then it takes another.
async function claimed() {
  const kept = sessionStorage.getItem(KEY) ?? "";
  const name = /^[0-9a-f]{24}$/.test(kept) && !(await isTaken(kept)) ? kept : fresh();
  sessionStorage.setItem(KEY, name);
  const tabs = new BroadcastChannel(KEY);
  tabs.onmessage = ({ data }) => {
    if (data.asked === name) tabs.postMessage({ taken: name });
  };
  return name;
}

function fresh() {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}

/** @param {string} name @returns {Promise<boolean>} */
function isTaken(name) {
  const tabs = new BroadcastChannel(KEY);
  return new Promise((resolve) => {
    const answer = (/** @type {boolean} */ taken) => {
      tabs.close();
      resolve(taken);
    };
    tabs.onmessage = ({ data }) => {
      if (data.taken === name) answer(true);
    };
    tabs.postMessage({ asked: name });
    setTimeout(() => answer(false), HEARD);
  });
}
