// What runs on the server, looked at until it is over: a lost connection is said, and outlived.

const MOST_LOST = 20; // looks in a row without an answer

/**
 * @param {object} how
 * @param {number} how.every - milliseconds between two looks
 * @param {() => boolean} how.current - false once something newer is followed
 * @param {() => Promise<any>} how.look
 * @param {(look: any) => boolean} how.show - true when nothing more will come
 * @param {(text: string) => void} how.say - what went wrong
 * @param {() => void} how.over - called where the server stays away
 */
export async function followed({ every, current, look, show, say, over }) {
  for (let lost = 0; current();) {
    try {
      const found = await look();
      lost = 0;
      if (!current() || show(found)) return;
    } catch (error) {
      lost += 1;
      say(/** @type {Error} */ (error).message);
      if (lost > MOST_LOST) return over();
    }
    await new Promise((resolve) => {
      setTimeout(resolve, every * (1 + lost));
    });
  }
}
