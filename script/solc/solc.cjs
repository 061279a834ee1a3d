// Runs solcjs for solc.sh: `version`, or `compile INPUT OUTPUT` with standard JSON files.
"use strict";
const fs = require("node:fs");
const path = require("node:path");

/** Loads solcjs, or ends with instructions. */
function loadSolc() {
  const folders = [process.env.NONOS_NODE_MODULES, path.join(__dirname, "../../contracts/node_modules")];
  for (const folder of folders.filter(Boolean)) {
    const candidate = path.resolve(folder, "solc");
    if (fs.existsSync(candidate)) return require(candidate);
  }
  console.error(
    "solc.sh: solcjs is missing. Run `npm ci` in contracts/, or set NONOS_NODE_MODULES to a node_modules folder " +
      "that has the package solc.",
  );
  process.exit(1);
}

const [command, input, output] = process.argv.slice(2);
switch (command) {
  case "version":
    console.log("solc, the solidity compiler commandline interface");
    console.log(`Version: ${loadSolc().version()}`);
    break;
  case "compile":
    fs.writeFileSync(output, loadSolc().compile(fs.readFileSync(input, "utf8")));
    break;
  default:
    console.error(`solc.cjs: unknown command ${command}`);
    process.exit(2);
}
