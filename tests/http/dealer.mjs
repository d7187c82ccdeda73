// A proxy that hands each request to the next of several servers: what a browser asks of one address.
import http from 'node:http';
import { once } from 'node:events';

/* apis: each { host, port }. Resolves to { address, close() }. */
export async function startDealer(apis) {
    const agent = new http.Agent({ keepAlive: true });
    let turn = 0;
    const dealer = http.createServer((request, response) => {
        const { host, port } = apis[turn++ % apis.length];
        const { method, url: path, rawHeaders: headers } = request;
        const onward = http.request({ agent, host, port, method, path, headers }, (answer) => {
            response.writeHead(answer.statusCode, answer.statusMessage, answer.rawHeaders);
            answer.pipe(response);
        });
        onward.on('error', () => response.destroy()); // as the client would see it
        response.on('close', () => onward.destroy());
        request.pipe(onward);
    });
    dealer.listen(0, '127.0.0.1').unref();
    await once(dealer, 'listening');
    const close = () => { dealer.close(); dealer.closeAllConnections(); agent.destroy(); };
    return { address: `127.0.0.1:${dealer.address().port}`, close };
}
