// How a judge that runs in Node speaks with the Go test that has started it: a line of
// JSON each. The test gives what the judge needs and moves the browser; the judge tells
// what came of each step, in the order in which the test asks.
import { createInterface } from "node:readline";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

export async function given() {
  return JSON.parse((await lines.next()).value);
}

export function tell(step, result = {}) {
  process.stdout.write(JSON.stringify({ step, result }) + "\n");
}

// refused tells by which code an attempt is refused: the server's, or the library's own.
// An attempt that succeeds is refused by nobody.
export async function refused(step, attempt) {
  let by = "nobody";
  try {
    await attempt();
  } catch (error) {
    by = error.error ?? (await answered(error.response)) ?? error.code ?? error.message;
  }
  tell(step, { by });
}

// answered is the server's code in an answer of which a library has read the headers only.
async function answered(response) {
  return response?.bodyUsed === false ? (await response.json()).error : undefined;
}
