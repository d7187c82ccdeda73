// A host of its own for servers: a network namespace with one line to the clients and one to the engines, which can be cut and healed as a
// cable: what is sent is lost, and nobody is told.
import { execFileSync } from 'node:child_process';

const run = (words) => execFileSync(words.split(' ')[0], words.split(' ').slice(1), { stdio: ['ignore', 'ignore', 'pipe'] });

/* Addresses of a line: ours and its own. A number for each line of a process, so that two runs don't meet. */
const addresses = (number) => [`10.203.${process.pid % 250}.${4 * number + 1}`, `10.203.${process.pid % 250}.${4 * number + 2}`];

function layLine(space, device, number) {
    const [ours, its] = addresses(number);
    run(`ip link add ${device} type veth peer name line${number} netns ${space}`);
    run(`ip address add ${ours}/30 dev ${device}`);
    run(`ip link set ${device} up`);
    run(`ip -n ${space} address add ${its}/30 dev line${number}`);
    run(`ip -n ${space} link set line${number} up`);
    return { ours, its, device };
}

/* { wrapper: what starts a program there, its: its address for clients, ours: the one under which it reaches us, cut(), heal(), remove() }, or
 * { skip: why not }. */
export function makeFarHost() {
    const space = `cloudphotos-${process.pid}`;
    const remove = () => { try { run(`ip netns delete ${space}`); } catch { /* it isn't there */ } }; // and its lines
    try {
        run(`ip netns add ${space}`);
        run(`ip -n ${space} link set lo up`);
        const clients = layLine(space, `cpc${process.pid}`, 0), engines = layLine(space, `cpe${process.pid}`, 1);
        return { wrapper: ['ip', 'netns', 'exec', space], its: clients.its, ours: engines.ours, remove,
                 cut: () => run(`ip link set ${engines.device} down`), heal: () => run(`ip link set ${engines.device} up`) };
    } catch (error) {
        remove();
        const why = error.code === 'ENOENT' ? 'ip (iproute2) isn\'t installed' : `this machine allows no network namespaces: ${String(error.stderr).trim()}`;
        return { skip: why };
    }
}
