// Sends a stream of events to Rowan and reads the answers, one a line, in the
// same order. ROWAN_URL is where it listens, ROWAN_KEY the key that
// "rowan keys create" printed. Runs on Node.js 20 or later.

interface CloudEvent {
  specversion: "1.0";
  id: string;
  source: string;
  type: string;
  time?: string;
  data: Record<string, unknown>;
}

interface Decision {
  id: string;
  event: string;
  action: "allow" | "inform" | "ask" | "slow" | "hold" | "block";
  level: "none" | "watch" | "elevated" | "high" | "critical";
}

// A refused event has a problem (RFC 9457) in the place of its decision.
interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  line?: number;
  field?: string;
}

type Answer = Decision | Problem;

function refused(answer: Answer): answer is Problem {
  return "status" in answer;
}

async function send(url: string, key: string, events: CloudEvent[]): Promise<Answer[]> {
  const response = await fetch(url + "/v1/events", {
    method: "POST",
    headers: {
      "Authorization": "Bearer " + key,
      "Content-Type": "application/x-ndjson",
    },
    body: events.map((event) => JSON.stringify(event) + "\n").join(""),
  });
  const text = await response.text();
  if (!response.ok) {
    const problem = JSON.parse(text) as Problem;
    throw new Error("Rowan refused the request: " + problem.detail);
  }
  return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as Answer);
}

async function main(): Promise<void> {
  const event = (id: string, type: string, data: Record<string, unknown>): CloudEvent =>
    ({ specversion: "1.0", id, source: "/chat/eu-1", type, time: new Date().toISOString(), data });
  const answers = await send(process.env.ROWAN_URL ?? "http://127.0.0.1:8420", process.env.ROWAN_KEY ?? "", [
    event("a-1", "rowan.account.registered", { account: "u-17", age: { method: "self_declared", lower: 13, upper: 15 } }),
    event("a-2", "rowan.connection.requested", { from: "u-40", to: "u-17", mutual_friends: 0 }),
    event("a-3", "rowan.message.sent", { conversation: "c-9", from: "u-22", to: "u-17", channel: "direct" }), // to must be an array
  ]);
  for (const answer of answers) {
    console.log(refused(answer) ? "refused: " + answer.field + ": " + answer.detail : answer.event + ": " + answer.action);
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
