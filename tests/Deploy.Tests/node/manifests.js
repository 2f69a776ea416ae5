// Reads manifests from standard input; writes {"documents": [...], "problems": [...]}: each document as JSON, and where one is not what the schemas of
// Kubernetes say. Those take keys that they do not know; the types that are made of them do not.
const ts = require("typescript");
const yaml = require("yaml");

const documents = yaml.parseAllDocuments(require("fs").readFileSync(0, "utf8"), { version: "1.1" })
  .filter(document => document.contents !== null)
  .map(document => document.toJS());
console.log(JSON.stringify({ documents, problems: [...documents.flatMap(schemaProblems), ...typeProblems(documents)] }));

function name(document) {
  return `${document.kind} ${document.metadata?.name}`;
}

function folder(document) {
  return `kubernetes-models/${document.apiVersion}`;
}

function schemaProblems(document) {
  let models;
  try {
    models = require(folder(document));
  } catch {
    return [`${name(document)}: there is no ${document.apiVersion}`];
  }
  if (models[document.kind] === undefined) {
    return [`${name(document)}: there is no such kind in ${document.apiVersion}`];
  }
  try {
    new models[document.kind](document).validate();
    return [];
  } catch (error) {
    return [`${name(document)}: ${error.message}`];
  }
}

function typeProblems(documents) {
  const files = new Map(documents.map((document, index) => [
    `${__dirname}/document-${index}.ts`,
    `import { I${document.kind} } from "${folder(document)}/${document.kind}";\nexport const document: I${document.kind} = ${JSON.stringify(document)};\n`,
  ]));
  const options = { noEmit: true, strict: true, skipLibCheck: true, types: [], module: ts.ModuleKind.CommonJS, moduleResolution: ts.ModuleResolutionKind.Node10 };
  const host = ts.createCompilerHost(options);
  const [getSourceFile, fileExists] = [host.getSourceFile, host.fileExists];
  host.getSourceFile = (file, ...rest) => files.has(file) ? ts.createSourceFile(file, files.get(file), ...rest) : getSourceFile(file, ...rest);
  host.fileExists = file => files.has(file) || fileExists(file);
  return ts.getPreEmitDiagnostics(ts.createProgram([...files.keys()], options, host)).map(problem =>
    `${name(documents[[...files.keys()].indexOf(problem.file?.fileName)] ?? {})}: ${ts.flattenDiagnosticMessageText(problem.messageText, " ")}`);
}
