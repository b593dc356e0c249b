#!/usr/bin/env bash
# The examples as a user has them: the packed library, and the test runners from npm. Then those that run a compiled policy.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
tarball="$(cd "$here/../.." && npm pack --silent --ignore-scripts --pack-destination "$folder")"
cp "$here"/*.js "$here"/*.cjs "$folder"
cd "$folder"
printf '{ "name": "example", "private": true, "type": "module" }' >package.json
npm install --silent --no-audit --no-fund "./$tarball" express@5.3.0 supertest@7.3.2 vitest@4.1.12 jest@30.5.2
node --test headers.node-test.js
npx vitest run headers.vitest.test.js
npx jest --rootDir . --testMatch '**/headers.jest.cjs'
for name in lambda fetch; do
	echo "examples/$name, with its policy compiled"
	cp -r "$here/../$name" "$folder/$name"
	(cd "$name" && npx headguard compile ./headers.js --out headers.compiled.js && npx headguard compile ./headers.js --out headers.compiled.js --check && node --test check.js)
done
echo "the command, without a project"
cd "$(mktemp -d)" && npx --yes "file:$folder/$tarball" --version
