/* Projects as people have them. Each has a page, and a route that fails. */

/** File → its text. */
export type Files = Readonly<Record<string, string>>;

export interface Shape {
	readonly files: Files;
	/** Packages beside those of this repository: name → its module, or the name of a package that replaces it. */
	readonly packages?: Readonly<Record<string, string>>;
	/** What the project starts. For TypeScript, what the compiler makes. */
	readonly start: string;
	readonly page?: string;
	readonly fail?: string;
	/** The files that `init` adds or changes. */
	readonly changed: readonly string[];
	/** The command that it adds. */
	readonly check: string;
	/** A file in which the call of secureHeaders moves. */
	readonly moved?: string;
}

const manifest = (fields: object): string => `${JSON.stringify({ name: "shop", version: "1.0.0", private: true, ...fields }, null, 2)}\n`;

const PASSING = "module.exports = () => (req, res, next) => next();\n";

/** What express-generator 4.16.1 writes with `--view=ejs`. */
export const GENERATED: Files = {
	"package.json": `{
  "name": "shop",
  "version": "0.0.0",
  "private": true,
  "scripts": {
    "start": "node ./bin/www"
  },
  "dependencies": {
    "cookie-parser": "~1.4.4",
    "debug": "~2.6.9",
    "ejs": "~2.6.1",
    "express": "~4.16.1",
    "http-errors": "~1.6.3",
    "morgan": "~1.9.1"
  }
}
`,
	"app.js": `var createError = require('http-errors');
var express = require('express');
var path = require('path');
var cookieParser = require('cookie-parser');
var logger = require('morgan');

var indexRouter = require('./routes/index');
var usersRouter = require('./routes/users');

var app = express();

// view engine setup
app.set('views', path.join(__dirname, 'views'));
app.set('view engine', 'ejs');

app.use(logger('dev'));
app.use(express.json());
app.use(express.urlencoded({ extended: false }));
app.use(cookieParser());
app.use(express.static(path.join(__dirname, 'public')));

app.use('/', indexRouter);
app.use('/users', usersRouter);

// catch 404 and forward to error handler
app.use(function(req, res, next) {
  next(createError(404));
});

// error handler
app.use(function(err, req, res, next) {
  // set locals, only providing error in development
  res.locals.message = err.message;
  res.locals.error = req.app.get('env') === 'development' ? err : {};

  // render the error page
  res.status(err.status || 500);
  res.render('error');
});

module.exports = app;
`,
	"bin/www": `#!/usr/bin/env node

/**
 * Module dependencies.
 */

var app = require('../app');
var debug = require('debug')('shop:server');
var http = require('http');

/**
 * Get port from environment and store in Express.
 */

var port = normalizePort(process.env.PORT || '3000');
app.set('port', port);

/**
 * Create HTTP server.
 */

var server = http.createServer(app);

/**
 * Listen on provided port, on all network interfaces.
 */

server.listen(port);
server.on('error', onError);
server.on('listening', onListening);

/**
 * Normalize a port into a number, string, or false.
 */

function normalizePort(val) {
  var port = parseInt(val, 10);

  if (isNaN(port)) {
    // named pipe
    return val;
  }

  if (port >= 0) {
    // port number
    return port;
  }

  return false;
}

/**
 * Event listener for HTTP server "error" event.
 */

function onError(error) {
  if (error.syscall !== 'listen') {
    throw error;
  }

  var bind = typeof port === 'string'
    ? 'Pipe ' + port
    : 'Port ' + port;

  // handle specific listen errors with friendly messages
  switch (error.code) {
    case 'EACCES':
      console.error(bind + ' requires elevated privileges');
      process.exit(1);
      break;
    case 'EADDRINUSE':
      console.error(bind + ' is already in use');
      process.exit(1);
      break;
    default:
      throw error;
  }
}

/**
 * Event listener for HTTP server "listening" event.
 */

function onListening() {
  var addr = server.address();
  var bind = typeof addr === 'string'
    ? 'pipe ' + addr
    : 'port ' + addr.port;
  debug('Listening on ' + bind);
}
`,
	"routes/index.js": `var express = require('express');
var router = express.Router();

/* GET home page. */
router.get('/', function(req, res, next) {
  res.render('index', { title: 'Express' });
});

router.get('/fail', function(req, res, next) {
  throw new Error('failed');
});

module.exports = router;
`,
	"routes/users.js": `var express = require('express');
var router = express.Router();

/* GET users listing. */
router.get('/', function(req, res, next) {
  res.send('respond with a resource');
});

module.exports = router;
`,
	"views/index.ejs": `<!DOCTYPE html>
<html>
  <head>
    <title><%= title %></title>
    <link rel='stylesheet' href='/stylesheets/style.css' />
  </head>
  <body>
    <h1><%= title %></h1>
    <p>Welcome to <%= title %></p>
  </body>
</html>
`,
	"views/error.ejs": `<h1><%= message %></h1>
<h2><%= error.status %></h2>
<pre><%= error.stack %></pre>
`,
	"public/stylesheets/style.css": `body {
  padding: 50px;
}
`,
};

const GENERATED_CHANGES = ["app.js", "bin/www", "headers.js", "package.json"];
const GENERATED_PACKAGES = { "cookie-parser": PASSING, morgan: PASSING };

const ESM_MANIFEST = manifest({ type: "module", scripts: { start: "node app.js" }, dependencies: { express: "^5.0.0" } });
const CJS_MANIFEST = manifest({ main: "app.js", dependencies: { express: "^5.0.0" } });
const SERVER_CHECK = "NODE_ENV=production headguard check ./app.js --deploy";

const TS_CONFIG = JSON.stringify({
	compilerOptions: {
		target: "es2022",
		module: "nodenext",
		outDir: "dist",
		rootDir: "src",
		strict: true,
		esModuleInterop: true,
		skipLibCheck: true,
		types: ["node"],
	},
	include: ["src"],
});

/** NestFactory, with the part of Nest that main.ts sees: Express inside, and errors that become JSON. */
const NEST = `const express = require("express");
exports.NestFactory = {
	async create(Module) {
		const app = express();
		return {
			use: app.use.bind(app),
			set: app.set.bind(app),
			enableCors() {},
			async listen(port) {
				const module = new Module();
				app.get("/", (req, res) => res.send(module.home()));
				app.get("/fail", (req, res) => res.status(500).json({ statusCode: 500 }));
				app.use((req, res) => res.status(404).json({ statusCode: 404 }));
				return new Promise((resolve) => { const server = app.listen(port, () => resolve(server)); });
			},
		};
	},
};
`;
const NEST_TYPES = `export declare const NestFactory: { create(module: unknown): Promise<{ use(...args: any[]): unknown; set(...args: any[]): unknown; enableCors(): void; listen(port: number | string): Promise<any> }> };\n`;

export const SHAPES: Readonly<Record<string, Shape>> = {
	"an ES module": {
		files: {
			"package.json": ESM_MANIFEST,
			"app.js": `import express from "express";
import { readFile } from "node:fs/promises";

const app = express();
app.use(express.json());

app.get("/", (req, res) => res.send("<h1>home</h1>"));
app.get("/fail", async () => readFile("/missing"));

app.listen(process.env.PORT ?? 3000, () => {
	console.log("listening");
});
`,
		},
		start: "app.js",
		changed: ["app.js", "package.json"],
		check: SERVER_CHECK,
	},
	"CommonJS without semicolons, with tabs": {
		files: {
			"package.json": CJS_MANIFEST,
			"app.js": `'use strict'

const express = require('express')
const app = express()

app.get('/', (req, res) => res.send('<h1>home</h1>'))
app.get('/fail', () => {
\tthrow new Error('failed')
})

;['SIGTERM'].forEach((name) => process.on(name, () => process.exit()))

const server = app.listen(3000)
server.keepAliveTimeout = 5000
`,
		},
		start: "app.js",
		changed: ["app.js", "package.json"],
		check: SERVER_CHECK,
	},
	"CRLF, a byte order mark and no line break at the end": {
		files: {
			"package.json": CJS_MANIFEST.replaceAll("\n", "\r\n"),
			"app.js": `\ufeff${`const express = require("express");
const app = express(); // the shop
app.use(express.json());
app.get("/", (req, res) => res.send("home"));
app.get("/fail", () => { throw new Error("failed"); });
app.listen(3000);`.replaceAll("\n", "\r\n")}`,
		},
		start: "app.js",
		changed: ["app.js", "package.json"],
		check: SERVER_CHECK,
	},
	"a shebang, one declaration for everything, and module.exports": {
		files: {
			"package.json": manifest({ scripts: { start: "node server" }, dependencies: { express: "4" } }),
			"server.js": `#!/usr/bin/env node
var express = require("express"), app = module.exports = express();

app.enable("strict routing");
app.get("/", function (req, res) { res.send("home"); });
app.get("/fail", function () { throw new Error("failed"); });

if (!module.parent) app.listen(3000);
`,
		},
		packages: { express: "express4" },
		start: "server.js",
		changed: ["package.json", "server.js"],
		check: "NODE_ENV=production headguard check ./server.js --deploy",
	},
	"the skeleton of express-generator, on Express 4": {
		files: GENERATED,
		packages: { ...GENERATED_PACKAGES, express: "express4" },
		start: "bin/www",
		changed: GENERATED_CHANGES,
		check: SERVER_CHECK,
	},
	"the skeleton of express-generator, on Express 5": {
		files: { ...GENERATED, "package.json": (GENERATED["package.json"] ?? "").replace("~4.16.1", "^5.0.0") },
		packages: GENERATED_PACKAGES,
		start: "bin/www",
		changed: GENERATED_CHANGES,
		check: SERVER_CHECK,
	},
	Connect: {
		files: {
			"package.json": manifest({ main: "index.js", scripts: { test: "exit 1" }, dependencies: { connect: "^3.7.0" } }),
			"index.js": `const connect = require("connect");
const http = require("http");

const app = connect();

app.use("/fail", () => {
  throw new Error("failed");
});
app.use((req, res, next) => (req.url === "/" ? res.end("home") : next()));

http.createServer(app).listen(3000);
`,
		},
		start: "index.js",
		changed: ["index.js", "package.json"],
		check: "NODE_ENV=production headguard check ./index.js --deploy",
	},
	"http.createServer(app) before the settings": {
		files: {
			"package.json": ESM_MANIFEST,
			"app.js": `import express from "express";
import { createServer } from "http";

const app = express();
const server = createServer(app);

app.set("query parser", "simple");
app.use(express.static("public"));
app.get("/", (req, res) => res.send(typeof req.query.a));
app.get("/fail", () => { throw new Error("failed"); });

server.listen(3000);
`,
		},
		start: "app.js",
		page: "/?a[b]=1",
		changed: ["app.js", "package.json"],
		check: SERVER_CHECK,
	},
	"static files first, and two error handlers": {
		files: {
			"package.json": CJS_MANIFEST,
			"public/index.html": "<h1>home</h1>\n",
			"app.js": `const path = require("path");
const express = require("express");
const app = express();

// Files come first.
app.use(express.static(path.join(__dirname, "public")));
app.use(express.json());

app.get("/fail", (req, res, next) => next(new Error("failed")));

/* Logs the error. */
app.use(logError);
app.use((err, req, res, next) => {
  res.status(500).send("failed");
});

function logError(err, req, res, next) {
  next(err);
}

app.listen(3000);
`,
		},
		start: "app.js",
		changed: ["app.js", "package.json"],
		check: SERVER_CHECK,
	},
	"routers in files, and a server in another file": {
		files: {
			"package.json": manifest({ type: "module", scripts: { start: "node src/server.js" } }),
			"src/server.js": `import { app } from "./app.js";

const port = process.env.PORT || 3000;
app.listen(port, () => console.log(\`http://localhost:\${port}\`));
`,
			"src/app.js": `import express from "express";
import { routes } from "./routes/index.js";

export const app = express();

app.use("/", routes);
`,
			"src/routes/index.js": `import { Router } from "express";

export const routes = Router();
routes.get("/", (req, res) => res.send("home"));
routes.get("/fail", () => { throw new Error("failed"); });
`,
		},
		start: "src/server.js",
		changed: ["package.json", "src/app.js", "src/headers.js", "src/server.js"],
		check: "NODE_ENV=production headguard check ./src/app.js --deploy",
	},
	"a function that makes the application, in another file": {
		files: {
			"package.json": manifest({ scripts: { dev: "nodemon index.js", start: "node index.js" } }),
			"index.js": `const createApp = require("./lib/app");

async function main() {
  const app = await createApp({ name: "shop" });
  app.listen(3000);
}

main();
`,
			"lib/app.js": `const express = require("express");

module.exports = async function createApp({ name }) {
  const app = express();
  app.locals.name = name;
  app.get("/", (req, res) => res.send(name));
  app.get("/fail", () => { throw new Error("failed"); });
  return app;
};
`,
		},
		start: "index.js",
		changed: ["index.js", "lib/app.js", "lib/headers.js", "package.json"],
		check: "NODE_ENV=production headguard check ./lib/headers.js --deploy",
	},
	"everything in a function, with a name that is taken": {
		files: {
			"package.json": ESM_MANIFEST,
			"app.js": `import express from "express";

const headers = { "X-Shop": "1" };

async function main() {
  const app = express();
  app.disable("etag");

  app.get("/", (req, res) => res.set(headers).send("home"));
  app.get("/fail", () => { throw new Error("failed"); });
  await new Promise((resolve) => app.listen(3000, resolve));
}

await main();
`,
		},
		start: "app.js",
		changed: ["app.js", "headers.js", "package.json"],
		check: "NODE_ENV=production headguard check ./headers.js --deploy",
	},
	TypeScript: {
		files: {
			"package.json": manifest({ type: "module", scripts: { build: "tsc", start: "node dist/server.js" } }),
			"tsconfig.json": TS_CONFIG,
			"src/server.ts": `import express, { type Request, type Response } from "express";
import { failing } from "./failing.js";

const app: express.Express = express();

app.use(express.json());
app.get("/", (req: Request, res: Response) => {
	res.send("home");
});
app.get("/fail", failing);

const server = app.listen(Number(process.env["PORT"] ?? 3000));
server.on("close", () => console.log("closed"));
`,
			"src/failing.ts": `export function failing(): never {
	throw new Error("failed");
}
`,
		},
		start: "dist/server.js",
		changed: ["package.json", "src/headers.ts", "src/server.ts"],
		check: "NODE_ENV=production headguard check ./src/headers.ts --deploy",
	},
	"TypeScript with the application in a class": {
		files: {
			"package.json": manifest({ scripts: { dev: "ts-node src/index.ts", start: "node dist/index.js" } }),
			"tsconfig.json": TS_CONFIG,
			"src/index.ts": `import Server from './server';

new Server().listen(3000);
`,
			"src/server.ts": `import express from 'express';
import type { Application, NextFunction, Request, Response } from 'express';

export default class Server {
  public app: Application;

  constructor() {
    this.app = express();
    this.app.set('trust proxy', 'loopback');
    this.routes();
    this.app.use((error: Error, req: Request, res: Response, next: NextFunction) => {
      res.status(500).send('failed');
    });
  }

  private routes(): void {
    this.app.get('/', (req, res) => { res.send('home'); });
    this.app.get('/fail', () => { throw new Error('failed'); });
  }

  public listen(port: number): void {
    this.app.listen(port);
  }
}
`,
		},
		start: "dist/index.js",
		changed: ["package.json", "src/headers.ts", "src/server.ts"],
		check: "NODE_ENV=production headguard check ./src/headers.ts --deploy",
	},
	"main.ts of Nest": {
		files: {
			"package.json": manifest({ scripts: { start: "nest start", "start:prod": "node dist/main" }, dependencies: { "@nestjs/core": "^11.0.0" } }),
			"tsconfig.json": TS_CONFIG,
			"src/main.ts": `import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module';

async function bootstrap() {
  const app = await NestFactory.create(AppModule);
  app.set('query parser', 'extended');
  app.enableCors();
  await app.listen(process.env.PORT ?? 3000);
}
bootstrap();
`,
			"src/app.module.ts": `export class AppModule {
  home(): string {
    return 'home';
  }
}
`,
		},
		packages: { "@nestjs/core": NEST, "@nestjs/core/index.d.ts": NEST_TYPES },
		start: "dist/main.js",
		changed: ["package.json", "src/headers.ts", "src/main.ts"],
		check: "NODE_ENV=production headguard check ./src/headers.ts --deploy",
	},
	"headguard without a variable": {
		files: {
			"package.json": manifest({ type: "module", dependencies: { express: "^5.0.0", headguard: "^0.1.0" } }),
			"app.js": `import express from "express";
import { secureHeaders } from "headguard";

const app = express();
// The policy.
app.use(secureHeaders({ preset: "ssr" }));
app.get("/", (req, res) => res.send("home"));
app.get("/fail", () => { throw new Error("failed"); });
app.listen(3000);
`,
		},
		moved: "app.js",
		start: "app.js",
		changed: ["app.js", "package.json"],
		check: SERVER_CHECK,
	},
	"headguard, complete but for the server": {
		files: {
			"package.json": manifest({ dependencies: { express: "^5.0.0", headguard: "^0.1.0" }, scripts: { "check:headers": "headguard check ./app.js" } }),
			"app.js": `const express = require("express");
const { csp, secureHeaders } = require("headguard");

const policy = secureHeaders({ contentSecurityPolicy: { directives: { imgSrc: [csp.self] } } });
const app = express();
app.use(policy);
app.get("/", (req, res) => res.send("home"));
app.get("/fail", () => { throw new Error("failed"); });
app.use(policy.errorHandler);
app.listen(3000);

module.exports = app;
`,
		},
		start: "app.js",
		changed: ["app.js"],
		check: "headguard check ./app.js",
	},
	"an application inside of another, and routes in a callback": {
		files: {
			"package.json": CJS_MANIFEST,
			"app.js": `const express = require("express");

const app = express();
const admin = express();
admin.get("/", (req, res) => res.send("admin"));
mountAll();

function mountAll() {
  app.use("/admin", admin);
  app.get("/", (req, res) => res.send("home"));
  app.get("/fail", () => { throw new Error("failed"); });
}

Promise.resolve().then(() => {
  app.listen(3000);
});
`,
		},
		start: "app.js",
		changed: ["app.js", "package.json"],
		check: SERVER_CHECK,
	},
};
