// Writes contracts/artifacts/*.json from forge's output, or with --check says which of them are not fresh.
//
// Each file holds what the Rust bindings need and nothing that differs between machines: the ABI (sorted, with the errors
// of linked libraries, which callers see as the contract's own), the creation and runtime code with link references, and
// the places of immutables. Run `forge build` first.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(fileURLToPath(import.meta.url));
const out = path.join(root, 'out');
const target = path.join(root, 'artifacts');

/** Source file of every contract that is deployed, as forge names its output folder. */
const CONTRACTS = {
    PoseidonT3: 'PoseidonT3.sol',
    PoseidonTagged: 'PoseidonTagged.sol',
    MarketRules: 'MarketRules.sol',
    Claims: 'Claims.sol',
    InputDemands: 'InputDemands.sol',
    TokenAccounts: 'TokenAccounts.sol',
    Admission: 'Admission.sol',
    Fraud: 'Fraud.sol',
    LaunchHalo2Verifier: 'LaunchHalo2Verifier.sol',
    LaunchVerifier: 'LaunchVerifier.sol',
    EnrolmentHalo2Verifier: 'EnrolmentHalo2Verifier.sol',
    EnrolmentVerifier: 'EnrolmentVerifier.sol',
    InstallHalo2Verifier: 'InstallHalo2Verifier.sol',
    InstallVerifier: 'InstallVerifier.sol',
    VerifierRouter: 'VerifierRouter.sol',
    OperatorRegistry: 'OperatorRegistry.sol',
    CapsuleRegistry: 'CapsuleRegistry.sol',
    ReceiptAnchor: 'ReceiptAnchor.sol',
    TrustScores: 'TrustScores.sol',
    ProofMarket: 'ProofMarket.sol',
    VerificationMarket: 'VerificationMarket.sol',
    FeeSchedule: 'FeeSchedule.sol',
    Timelock: 'Timelock.sol',
    ValidationView: 'ValidationView.sol',
};

/** Libraries that only market and anchor call, by delegatecall: their functions have types that no client could encode. */
const LINKED = new Set(['MarketRules', 'Claims', 'InputDemands', 'TokenAccounts', 'Admission', 'Fraud']);

function signature(entry) {
    return `${entry.type}:${entry.name ?? ''}(${(entry.inputs ?? []).map((i) => i.type)})`;
}

/** ABI entries in an order that does not depend on the compiler's: type, then name, then inputs. */
function sortAbi(abi) {
    return abi.toSorted((a, b) => (signature(a) < signature(b) ? -1 : signature(a) > signature(b) ? 1 : 0));
}

/**
 * Parameters without Solidity's internal types: user-defined value types become what they wrap, and structs belong to the
 * contract itself, wherever its interface took them from. Readers then see one flat set of types per contract.
 */
function flatten(contract, { name, type, internalType, components, indexed }) {
    if (!components) return { name, type, ...(indexed === undefined ? {} : { indexed }) };
    const struct = internalType.replace(/^struct /, '').replace(/\[\d*\]$/, '').split('.').pop();
    const array = type.slice('tuple'.length);
    return {
        name,
        type,
        internalType: `struct ${contract}.${struct}${array}`,
        components: components.map((member) => flatten(contract, member)),
        ...(indexed === undefined ? {} : { indexed }),
    };
}

function flattenEntry(contract, entry) {
    const { inputs, outputs, ...rest } = entry;
    const list = (parameters) => parameters.map((parameter) => flatten(contract, parameter));
    return { ...rest, ...(inputs && { inputs: list(inputs) }), ...(outputs && { outputs: list(outputs) }) };
}

/** {"PoseidonT3": [offset in bytes, ..]}: each is 20 bytes long. */
function links(references) {
    const flat = {};
    for (const file of Object.values(references ?? {})) {
        for (const [name, places] of Object.entries(file)) {
            flat[name] = places.map((place) => {
                if (place.length !== 20) throw new Error(`${name}: a link reference of ${place.length} bytes`);
                return place.start;
            }).sort((a, b) => a - b);
        }
    }
    return Object.fromEntries(Object.entries(flat).sort());
}

/** [offset in bytes, ..] of the words that the constructor fills in, each 32 bytes long. */
function immutables({ immutableReferences }) {
    return Object.values(immutableReferences ?? {}).flat().map((place) => {
        if (place.length !== 32) throw new Error(`an immutable of ${place.length} bytes`);
        return place.start;
    }).sort((a, b) => a - b);
}

/** Code with every placeholder zeroed, so that the text is hexadecimal. */
function code({ object, linkReferences }) {
    let hex = object.replace(/^0x/, '');
    for (const start of Object.values(links(linkReferences)).flat()) {
        hex = hex.slice(0, start * 2) + '0'.repeat(40) + hex.slice(start * 2 + 40);
    }
    if (!/^([0-9a-f]{2})+$/.test(hex)) throw new Error('code is not hexadecimal after linking');
    return '0x' + hex;
}

function read(name) {
    const built = path.join(out, CONTRACTS[name], `${name}.json`);
    if (!fs.existsSync(built)) throw new Error(`${path.relative(root, built)} is missing: run forge build`);
    return JSON.parse(fs.readFileSync(built, 'utf8'));
}

/** The contract's own entries, and the errors of what it links that are not among them. */
function abiOf(artifact) {
    const linked = Object.keys(links(artifact.deployedBytecode.linkReferences)).filter((library) => LINKED.has(library));
    const errors = linked.flatMap((library) => read(library).abi.filter((entry) => entry.type === 'error'));
    return [...new Map([...errors, ...artifact.abi].map((entry) => [signature(entry), entry])).values()];
}

function render(name) {
    const artifact = read(name);
    return JSON.stringify({
        contract: name,
        abi: LINKED.has(name) ? [] : sortAbi(abiOf(artifact).map((entry) => flattenEntry(name, entry))),
        creationCode: code(artifact.bytecode),
        creationLinks: links(artifact.bytecode.linkReferences),
        runtimeCode: code(artifact.deployedBytecode),
        runtimeLinks: links(artifact.deployedBytecode.linkReferences),
        runtimeImmutables: immutables(artifact.deployedBytecode),
    }, null, 1) + '\n';
}

const check = process.argv.includes('--check');
let stale = 0;
fs.mkdirSync(target, { recursive: true });
for (const name of Object.keys(CONTRACTS)) {
    const text = render(name);
    const written = path.join(target, `${name}.json`);
    if (fs.existsSync(written) && fs.readFileSync(written, 'utf8') === text) continue;
    stale += 1;
    if (check) console.error(`artifacts/${name}.json is not what forge built: run node contracts/artifacts.mjs and commit`);
    else fs.writeFileSync(written, text);
}
const expected = new Set(Object.keys(CONTRACTS).map((name) => `${name}.json`));
for (const file of fs.readdirSync(target).filter((file) => !expected.has(file))) {
    stale += 1;
    console.error(`artifacts/${file} belongs to no contract`);
}
console.log(check ? `artifacts: ${stale} stale` : `artifacts: ${stale} written`);
if (check && stale > 0) process.exit(1);
