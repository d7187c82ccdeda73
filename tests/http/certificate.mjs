// Certificates that nobody has signed, for servers of tests on the loopback.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/* Of 127.0.0.1 and of these names: { key, cert }, as Node's servers take them. They are also in the folder, as key.pem and certificate.pem. */
export function makeCertificate(folder, name = 'localhost', ...others) {
    const names = [name, ...others];
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', `/CN=${name}`,
        '-addext', `subjectAltName=${names.map((one) => `DNS:${one}`).join()},IP:127.0.0.1`, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
    return { key: readFileSync(key), cert: readFileSync(certificate) };
}
