// Compiles the contracts beside this file into artifacts.json. A step for developers only: what is
// shipped is the compiled code. Run it where these packages were fetched:
//   npm install --ignore-scripts --prefix MODULES solc@0.8.37 @openzeppelin/contracts@5.7.0
//   node deploy/evm/doubles/build.mjs MODULES [FILE]

import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const SHIPPED = {
  "Usdc.sol": ["Usdc"],
  "Multicall3.sol": ["Multicall3"],
  "Permit2.sol": ["Permit2", "UptoProxy"],
  "Channels.sol": ["Channels", "DepositCollector"],
};
// Its constructor fixes values in the code, so it is shipped as what creates it.
const CREATED = new Set(["Usdc"]);

const here = path.dirname(fileURLToPath(import.meta.url));
const [modules, target = path.join(here, "artifacts.json")] = process.argv.slice(2);
if (modules === undefined) {
  throw new Error("usage: node build.mjs MODULES [FILE]");
}
const require = createRequire(path.resolve(modules, "package.json"));
const solc = require("solc");

function imported(name) {
  try {
    return { contents: fs.readFileSync(require.resolve(name), "utf8") };
  } catch (err) {
    return { error: String(err) };
  }
}

const question = {
  language: "Solidity",
  sources: Object.fromEntries(
    Object.keys(SHIPPED).map((file) => [
      file,
      { content: fs.readFileSync(path.join(here, file), "utf8") },
    ]),
  ),
  settings: {
    optimizer: { enabled: true, runs: 200 },
    viaIR: true,
    // Without a hash of the sources, the same code gives the same bytes wherever it is built.
    metadata: { bytecodeHash: "none" },
    outputSelection: { "*": { "*": ["evm.bytecode.object", "evm.deployedBytecode.object"] } },
  },
};
const answer = JSON.parse(solc.compile(JSON.stringify(question), { import: imported }));
const complaints = (answer.errors ?? []).map((each) => each.formattedMessage);
if (complaints.length > 0) {
  throw new Error(complaints.join("\n"));
}

const artifacts = {};
for (const [file, names] of Object.entries(SHIPPED)) {
  for (const name of names) {
    const { bytecode, deployedBytecode } = answer.contracts[file][name].evm;
    artifacts[name] = CREATED.has(name)
      ? { creation: `0x${bytecode.object}` }
      : { code: `0x${deployedBytecode.object}` };
  }
}
const ordered = Object.fromEntries(Object.entries(artifacts).sort(([a], [b]) => (a < b ? -1 : 1)));
fs.writeFileSync(target, `${JSON.stringify(ordered, null, 1)}\n`);
