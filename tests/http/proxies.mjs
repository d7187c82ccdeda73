// Real proxies before a server, with the configurations that docs/operations.md recommends: their addresses and files are replaced by
// those of the test, and nothing else.
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import { join } from 'node:path';
import { makeCertificate } from './certificate.mjs';
import { newFolder, until, within } from './server.mjs';

const HOST = 'photos.example';
export const CLIENT = '127.0.0.2'; // another one than the proxy's own, 127.0.0.1
const running = new Set();
process.on('exit', () => { for (const child of running) child.kill('SIGKILL'); });

const freePort = () => new Promise((done) => {
    const listener = net.createServer().listen(0, '127.0.0.1', () => { const { port } = listener.address(); listener.close(() => done(port)); });
});

/* The example of the docs in this language. */
function example(language) {
    const docs = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
    return new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(docs)[1];
}

/* Replaces what must be there. */
function replace(text, pairs) {
    return pairs.reduce((all, [from, to]) => {
        if (!all.includes(from)) throw new Error(`the example has no "${from}": ${all}`);
        return all.replaceAll(from, to);
    }, text);
}

/* What writes the configuration, and starts the program on it. Each gets the folder, the port to listen on, the server's address, and
 * whether to speak TLS: browsers trust a page of 127.0.0.1 without it, but no certificate of ours. */
const PROXIES = {
    nginx: (folder, port, server, tls) => {
        const site = replace(example('nginx'), [['listen 443 ssl', `listen 127.0.0.1:${port}${tls ? ' ssl' : ''}`], ['/etc/ssl/photos.pem', join(folder, 'certificate.pem')],
            ['/etc/ssl/photos.key', join(folder, 'key.pem')], ['127.0.0.1:8080', server.address]]);
        const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((one) => `${one}_temp_path ${folder}/${one};`).join(' ');
        writeFileSync(join(folder, 'nginx.conf'), `daemon off; pid ${folder}/pid; error_log stderr; worker_processes 1;\nevents {}\n`
            + `http { access_log off; ${paths}\n${site}\n}\n`);
        return ['nginx', '-p', folder, '-e', 'stderr', '-c', join(folder, 'nginx.conf')];
    },
    caddy: (folder, port, server, tls) => {
        const site = replace(example('caddy'), [['photos.example {', `${tls ? 'https' : 'http'}://127.0.0.1:${port}, ${tls ? 'https' : 'http'}://${HOST}:${port} {\n    bind 127.0.0.1`
            + `${tls ? `\n    tls ${folder}/certificate.pem ${folder}/key.pem` : ''}`], ['127.0.0.1:8080', server.address]]);
        writeFileSync(join(folder, 'Caddyfile'), `{\n    admin off\n    auto_https off\n    skip_install_trust\n}\n${site}`);
        return ['caddy', 'run', '--adapter', 'caddyfile', '--config', join(folder, 'Caddyfile')];
    },
    haproxy: (folder, port, server, tls) => {
        const site = replace(example('haproxy'), [['bind :443 ssl crt /etc/ssl/photos.pem', `bind 127.0.0.1:${port}${tls ? ` ssl crt ${folder}/all.pem` : ''}`],
            ['127.0.0.1:8080', server.address]]);
        writeFileSync(join(folder, 'haproxy.cfg'), `defaults\n    mode http\n    timeout connect 5s\n    timeout client 60s\n${site}`);
        return ['haproxy', '-db', '-f', join(folder, 'haproxy.cfg')];
    },
};
export const PROXY_NAMES = Object.keys(PROXIES);

/* Starts it before the server. Resolves to { url, ask, stop }; `ask` is for the host of the example, and has { code, headers, body, text }. */
export async function startProxy(name, server, { tls = true } = {}) {
    const folder = newFolder();
    const port = await freePort();
    const { key, cert } = makeCertificate(folder, HOST);
    writeFileSync(join(folder, 'all.pem'), Buffer.concat([cert, key]));
    const [program, ...words] = PROXIES[name](folder, port, server, tls);
    const environment = { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
    const child = spawn(program, words, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = new Promise((done) => { child.on('close', () => { running.delete(child); done(); }); child.on('error', done); });
    let told = '';
    let isGone = false;
    running.add(child);
    ended.then(() => { isGone = true; });
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (piece) => { told += piece; });
    const ask = (method, path, { headers = {}, body } = {}) => within(`the answer of ${name} to ${method} ${path}`, new Promise((done, fail) => {
        const request = https.request({ host: '127.0.0.1', localAddress: CLIENT, port, method, path, agent: false, rejectUnauthorized: false, servername: HOST,
            headers: { Host: `${HOST}:${port}`, ...headers } }, (answer) => {
            const pieces = [];
            answer.on('data', (piece) => pieces.push(piece));
            answer.on('error', fail);
            answer.on('end', () => done({ code: answer.statusCode, headers: answer.headers, body: Buffer.concat(pieces), text: Buffer.concat(pieces).toString() }));
        });
        request.on('error', fail);
        request.end(body);
    }));
    const isThere = () => new Promise((done) => {
        const socket = net.connect(port, '127.0.0.1', () => { socket.destroy(); done(true); }).on('error', () => done(false));
    });
    await until(`${name} listens`, async () => {
        if (isGone) throw new Error(`${name} does not start: ${told}`);
        return isThere();
    });
    return { url: `http${tls ? 's' : ''}://127.0.0.1:${port}`, origin: `https://${HOST}:${port}`, ask, stop: async () => { child.kill('SIGTERM'); await within(`the end of ${name}`, ended); } };
}
