// Calls one method and prints each response as a line of JSON, in the names of the protobuf JSON mapping.
//   node client.js HOST:PORT PROTO_FOLDER PACKAGE.SERVICE/METHOD REQUEST_JSON
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const [address, folder, path, request] = process.argv.slice(2);
const [name, method] = path.split('/');
const definition = loader.loadSync(['builder.proto', 'imagebuilder/v1/builds.proto'], { includeDirs: [folder], enums: String, longs: String, bytes: String, defaults: true });
const service = name.split('.').reduce((found, part) => found[part], grpc.loadPackageDefinition(definition));
const client = new service(address, grpc.credentials.createInsecure());

const print = (response) => console.log(JSON.stringify(response));
const fail = (error) => {
  console.error(`${grpc.status[error.code]}: ${error.details}`);
  process.exitCode = 1;
};

if (service.service[method].responseStream) {
  client[method](JSON.parse(request)).on('data', print).on('error', fail);
} else {
  client[method](JSON.parse(request), (error, response) => (error ? fail(error) : print(response)));
}
