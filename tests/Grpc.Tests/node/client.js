// Every kind of call, by a client on @grpc/grpc-js: node client.js <host:port> <echo.proto>
const assert = require('node:assert');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const [address, proto] = process.argv.slice(2);
const { Echo } = grpc.loadPackageDefinition(loader.loadSync(proto, { defaults: true })).imagebuilder.tests;
const client = new Echo(address, grpc.credentials.createInsecure());

const unary = (message, metadata = new grpc.Metadata(), options = {}) => new Promise((resolve) => {
  const result = {};
  const call = client.unary(message, metadata, options, (error, response) => {
    result.error = error;
    result.response = response;
  });
  call.on('metadata', (headers) => { result.headers = headers; });
  call.on('status', (status) => { resolve({ ...result, status }); });
  result.call = call;
});

const collect = (stream) => new Promise((resolve, reject) => {
  const messages = [];
  stream.on('data', (message) => messages.push(message));
  stream.on('error', reject);
  stream.on('end', () => resolve(messages));
});

async function main() {
  const metadata = new grpc.Metadata();
  metadata.set('x-ask', 'please');
  const answered = await unary({ text: 'hello '.repeat(10000), number: 7 }, metadata);
  assert.strictEqual(answered.response.text.length, 60000);
  assert.strictEqual(answered.response.number, 7);
  assert.deepStrictEqual(answered.headers.get('x-header'), ['please']);
  assert.deepStrictEqual(answered.status.metadata.get('x-trailer'), ['there']);

  const compressed = await unary({ text: 'a'.repeat(1000) }, metadata, {});
  assert.strictEqual(compressed.status.code, grpc.status.OK);

  const failed = await unary({ text: 'fail' });
  assert.strictEqual(failed.error.code, grpc.status.NOT_FOUND);
  assert.strictEqual(failed.error.details, 'grüße 100%\n');
  assert.deepStrictEqual(failed.error.metadata.get('x-trailer'), ['gone']);
  assert.deepStrictEqual([...failed.error.metadata.get('x-bytes-bin')[0]], [1, 2, 255]);

  const late = await unary({ text: 'hang' }, metadata, { deadline: Date.now() + 300 });
  assert.strictEqual(late.error.code, grpc.status.DEADLINE_EXCEEDED);

  const missing = await new Promise((resolve) => client.missing({}, (error) => resolve(error)));
  assert.strictEqual(missing.code, grpc.status.UNIMPLEMENTED);

  const lines = await collect(client.serverStream({ text: 'line', number: 500 }));
  assert.deepStrictEqual(lines.map((line) => line.number), [...Array(500).keys()]);

  const sum = await new Promise((resolve, reject) => {
    const stream = client.clientStream((error, response) => (error ? reject(error) : resolve(response)));
    for (let i = 1; i <= 100; i += 1) stream.write({ number: i });
    stream.end();
  });
  assert.strictEqual(sum.number, 5050);

  const duplex = client.duplex();
  const echoed = collect(duplex);
  for (let i = 0; i < 100; i += 1) duplex.write({ text: 'x', number: i });
  duplex.end();
  assert.deepStrictEqual((await echoed).map((message) => message.number), [...Array(100).keys()]);

  const many = await Promise.all([...Array(300).keys()].map((number) => unary({ text: 'x', number })));
  assert.deepStrictEqual(many.map((result) => result.response.number), [...Array(300).keys()]);

  const zipped = new Echo(address, grpc.credentials.createInsecure(), { 'grpc.default_compression_algorithm': 2 });
  const roundTrip = await new Promise((resolve, reject) => zipped.unary({ text: 'z'.repeat(50000) }, (error, response) => (error ? reject(error) : resolve(response))));
  assert.strictEqual(roundTrip.text.length, 50000);

  zipped.close();
  client.close();
  console.log('all passed');
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
