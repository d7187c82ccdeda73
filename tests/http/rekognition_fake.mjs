// A Rekognition of our own on the loopback: it takes DetectModerationLabels as Amazon does, checks the signature by its own
// reckoning, and answers what a test wants. It keeps every request, for their shape is checked against Amazon's service model.
import assert from 'node:assert/strict';
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';

export const keys = { AWS_ACCESS_KEY_ID: 'AKIDTESTTESTTESTTEST', AWS_SECRET_ACCESS_KEY: 'a/secret+of=the+tests' };
export const region = 'eu-south-1';

const sum = (data) => createHash('sha256').update(data).digest('hex');
const hmac = (key, data) => createHmac('sha256', key).update(data).digest();

/* What is wrong with the signature, in Amazon's words; null: nothing (Signature Version 4, for a path without parameters). */
function findForgery(request, body, secrets) {
    const match = request.headers.authorization?.match(
        /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/);
    if (!match) return ['MissingAuthenticationTokenException', 'Missing Authentication Token'];
    const [, accessKey, day, where, service, signed, signature] = match;
    const secret = secrets[accessKey];
    if (secret === undefined) return ['UnrecognizedClientException', 'The security token included in the request is invalid.'];
    const names = signed.split(';');
    for (const name of ['host', 'x-amz-date', 'x-amz-target', 'content-type'])
        if (!names.includes(name)) return ['InvalidSignatureException', `'${name}' must be signed`];
    const date = request.headers['x-amz-date'];
    const time = Date.parse(date.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'));
    if (!(Math.abs(time - Date.now()) < 300_000) || !date.startsWith(day)) return ['InvalidSignatureException', 'Signature expired'];
    if (where !== region || service !== 'rekognition')
        return ['InvalidSignatureException', `Credential should be scoped to a valid region, not '${where}/${service}'`];
    const fields = names.map((name) => `${name}:${request.headers[name].trim().replace(/ +/g, ' ')}\n`).join('');
    const canonical = [request.method, request.url, '', fields, signed, sum(body)].join('\n');
    const text = ['AWS4-HMAC-SHA256', date, `${day}/${where}/${service}/aws4_request`, sum(canonical)].join('\n');
    const key = [day, where, service, 'aws4_request'].reduce(hmac, `AWS4${secret}`);
    const isRight = timingSafeEqual(hmac(key, text), Buffer.from(signature, 'hex'));
    return isRight ? null : ['InvalidSignatureException', 'The request signature we calculated does not match the signature you provided.'];
}

/* { width, height } of a JPEG, from its frame header (ITU-T T.81 B.2.2), and that it ends as one. */
export function readJpeg(bytes) {
    assert.equal(bytes.readUInt16BE(0), 0xffd8, 'a JPEG begins');
    assert.equal(bytes.readUInt16BE(bytes.length - 2), 0xffd9, 'a JPEG ends');
    for (let at = 2; at < bytes.length; at += 2 + bytes.readUInt16BE(at + 2)) {
        const marker = bytes.readUInt16BE(at);
        assert.ok(marker !== 0xffe1 && marker !== 0xffe2 && marker !== 0xfffe, 'no Exif, no profile, no comment');
        if (marker === 0xffc0) return { width: bytes.readUInt16BE(at + 7), height: bytes.readUInt16BE(at + 5) };
    }
    return assert.fail('a baseline JPEG has a frame header');
}

export const error = (name, message, code = 400) => ({ code, body: JSON.stringify({ __type: name, Message: message }) });
/* Rows are [name, parent, confidence]. */
export const labels = (rows, version = '7.0') => ({ code: 200, body: JSON.stringify({
    ModerationLabels: rows.map(([Name, ParentName, Confidence]) => ({ Name, ParentName, Confidence })),
    ModerationModelVersion: version }) });

export class FakeRekognition {
    /* `answer`, a function of { width, height, number } of the picture, gives what error() or labels() do; null: no answer at all. With
     * a certificate, { key, cert }, it speaks TLS. */
    constructor(answer = () => labels([]), certificate = undefined) {
        Object.assign(this, { answer, requests: [], answers: [], sockets: new Set(),
            secrets: { [keys.AWS_ACCESS_KEY_ID]: keys.AWS_SECRET_ACCESS_KEY } });
        const take = (request, response) => {
            const pieces = [];
            request.on('data', (piece) => pieces.push(piece));
            request.on('end', () => this.reply(request, Buffer.concat(pieces), response));
        };
        this.scheme = certificate ? 'https' : 'http';
        this.server = certificate ? https.createServer(certificate, take) : http.createServer(take);
        this.server.on('connection', (socket) => { this.sockets.add(socket); socket.unref(); });
        this.server.unref();
    }

    start(port = 0) {
        return new Promise((done, fail) => {
            this.server.on('error', fail);
            this.server.listen(port, '127.0.0.1', () => {
                this.port = this.server.address().port;
                this.url = `${this.scheme}://127.0.0.1:${this.port}/`;
                done(this);
            });
        });
    }

    stop() {
        const end = new Promise((done) => { this.server.close(done); });
        for (const socket of this.sockets) socket.destroy();
        return end;
    }

    reply(request, body, response) {
        const { code, body: text, headers = {} } = this.decide(request, body) ?? {};
        if (code === undefined) return; // it hangs
        response.writeHead(code, { 'Content-Type': 'application/x-amz-json-1.1', ...headers });
        response.end(text);
    }

    decide(request, body) {
        const forgery = findForgery(request, body, this.secrets);
        if (forgery) return error(...forgery);
        if (request.method !== 'POST' || request.headers['x-amz-target'] !== 'RekognitionService.DetectModerationLabels'
            || request.headers['content-type'] !== 'application/x-amz-json-1.1') return error('UnknownOperationException', '');
        const asked = JSON.parse(body);
        const picture = Buffer.from(asked.Image.Bytes, 'base64');
        this.requests.push(asked);
        const answer = this.answer({ ...readJpeg(picture), bytes: picture.length, number: this.requests.length });
        if (answer?.code === 200 && !answer.isGarbage) this.answers.push(answer.body);
        return answer;
    }
}
