"""Signs with botocore, the signer of Amazon's own command line, what our program has signed: aws_signature_botocore.py PROGRAM."""
import datetime
import json
import subprocess
import sys

try:
    import botocore.auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
except ImportError:
    print('ok 1 - signs as botocore does # SKIP python3-botocore is not installed\n1..1')
    sys.exit()


class FixedTime(datetime.datetime):
    """What the signer takes for now."""
    now_is = None

    @classmethod
    def utcnow(cls):
        return cls.now_is


def sign(row):
    FixedTime.now_is = datetime.datetime.utcfromtimestamp(row['time'])
    request = AWSRequest(method=row['method'], url=row['url'], data=row['body'].encode(), headers=row['fields'])
    signer = botocore.auth.SigV4Auth
    if row['service'] == 's3':
        signer = botocore.auth.S3SigV4Auth
        request.context['payload_signing_enabled'] = True
    signer(Credentials(row['access_key'], row['secret_key'], row['token']), row['service'], row['region']).add_auth(request)
    return request.headers['Authorization']


botocore.auth.datetime.datetime = FixedTime
output = subprocess.run(sys.argv[1], check=True, stdout=subprocess.PIPE).stdout
rows = [json.loads(line) for line in output.decode().splitlines()]
wrong = [(row, expected) for row in rows if (expected := sign(row)) != row['authorization']]
for row, expected in wrong[:3]:
    print(f'# {row}\n# botocore: {expected}')
is_good = len(rows) == 500 and not wrong
print('ok' if is_good else 'not ok', f'1 - signs {len(rows)} requests as botocore does\n1..1')
sys.exit(0 if is_good else 1)
