"""Checks requests and answers of DetectModerationLabels against the service model that Debian's python3-botocore brings along.

stdin: {"requests": [...], "answers": [...]}, as they went over the wire. stdout: {"problems": [...], "errors": [...]}: what does not fit, and
the names of the operation's errors.
"""
import base64
import json
import sys

import botocore.session
from botocore.parsers import create_parser
from botocore.validate import ParamValidator


def find_strangers(value, shape, place):
    """Members of an object that its shape does not know: botocore's validator looks for these in requests only."""
    if shape.type_name == 'list':
        return [one for i, item in enumerate(value) for one in find_strangers(item, shape.member, f'{place}[{i}]')]
    if shape.type_name != 'structure':
        return []
    found = [f'{place}.{name} is not in the model' for name in value if name not in shape.members]
    for name, member in value.items():
        if name in shape.members:
            found += find_strangers(member, shape.members[name], f'{place}.{name}')
    return found


def check_request(request, shape):
    image = dict(request['Image'])
    if 'Bytes' in image:
        image['Bytes'] = base64.b64decode(image['Bytes'], validate=True)
    report = ParamValidator().validate({**request, 'Image': image}, shape)
    return find_strangers(request, shape, 'request') + ([report.generate_report()] if report.has_errors() else [])


def check_answer(text, shape):
    answer = json.loads(text)
    parsed = create_parser('json').parse({'status_code': 200, 'headers': {}, 'body': text.encode()}, shape)
    parsed.pop('ResponseMetadata')
    lost = [] if parsed == answer else [f'botocore reads {parsed} from {answer}']
    report = ParamValidator().validate(answer, shape)
    return find_strangers(answer, shape, 'answer') + lost + ([report.generate_report()] if report.has_errors() else [])


operation = botocore.session.get_session().get_service_model('rekognition').operation_model('DetectModerationLabels')
given = json.load(sys.stdin)
problems = [one for request in given['requests'] for one in check_request(request, operation.input_shape)]
problems += [one for answer in given['answers'] for one in check_answer(answer, operation.output_shape)]
json.dump({'problems': problems, 'errors': sorted(shape.name for shape in operation.error_shapes)}, sys.stdout)
