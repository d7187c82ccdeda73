// The suite "shared": test files of the suites http and web, each asked of three processes on the back ends of tests/http/services.mjs. The engines
// are started once for all of them.
import { startPostgres } from './http/postgres.mjs';
import { startS3 } from './http/s3.mjs';
import { SERVICES } from './http/services.mjs';

/* What `make test SUITE=shared` runs on each: files about what processes share. Those that look at one process, its log, its limits or its
 * settings, would ask nothing new. */
const FILES = ['http/api', 'http/captured', 'http/gallery', 'http/hidden', 'http/lifecycle', 'http/tus', 'http/upload', 'web/captions', 'web/focus', 'web/upload'];
/* What `make test` runs. */
const SHORT = { 'folder': ['http/tus'], 'postgres-files': ['http/tus'], 'postgres-s3': ['http/lifecycle', 'web/captions'] };

/* { name: "SERVICE FILE", service, file, environment } */
export function listShared(isWhole) {
    return Object.keys(SERVICES).flatMap((service) => (isWhole ? FILES : SHORT[service]).map((file) => (
        { name: `${service} ${file.replace('/', ' ')}`, service, file: `tests/${file}.test.mjs`, environment: { CLOUDPHOTOS_TEST_SERVICE: service } })));
}

/* Starts the engines that these tests need, and tells the tests where they are: { isAbsent(test): why it can't run, stop() }. */
export async function startEngines(tests) {
    const wanted = tests.map(({ service }) => SERVICES[service]);
    const [postgres, s3] = await Promise.all([wanted.some((one) => one.hasPostgres) && startPostgres(), wanted.some((one) => one.hasS3) && startS3()]);
    for (const { service, environment } of tests) {
        if (SERVICES[service].hasPostgres) environment.CLOUDPHOTOS_TEST_POSTGRES = postgres.address;
        if (SERVICES[service].hasS3) environment.CLOUDPHOTOS_TEST_S3 = JSON.stringify({ endpoint: s3.endpoint, environment: s3.environment });
    }
    return {
        isAbsent: ({ service }) => (SERVICES[service].hasPostgres && postgres.skip) || (SERVICES[service].hasS3 && s3.skip),
        stop: () => Promise.all([postgres, s3].map((engine) => engine && engine.stop?.())),
    };
}
