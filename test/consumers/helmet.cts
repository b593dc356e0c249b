import helmet = require("headguard/helmet");
import exact = require("headguard/helmet/exact");
import express = require("express");

import byDefault, { type HelmetOptions, hsts } from "headguard/helmet";

const options: HelmetOptions = { contentSecurityPolicy: { directives: { "script-src": ["'self'", (_req, res) => `'nonce-${res.statusCode}'`] } } };
const sub: helmet.ReferrerPolicyOptions = { policy: ["origin", "no-referrer"] };
const app = express();
app.use(helmet(options), byDefault({ hsts: false }), helmet.default(), exact.default(), exact(), hsts({ maxAge: 5 }), helmet.referrerPolicy(sub));
app.use(helmet.contentSecurityPolicy({ directives: { defaultSrc: helmet.contentSecurityPolicy.dangerouslyDisableDefaultSrc } }));
