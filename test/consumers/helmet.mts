import express from "express";
import helmet, { contentSecurityPolicy, type HelmetOptions, type ReferrerPolicyOptions, xFrameOptions } from "headguard/helmet";
import exact from "headguard/helmet/exact";

const options: HelmetOptions = {
	strictTransportSecurity: { maxAge: 5, preload: false },
	contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: new Set(["'self'"]) } },
};
const sub: ReferrerPolicyOptions = { policy: "origin" };
const app = express();
app.use(helmet(), helmet(options), exact(options), helmet.referrerPolicy(sub), xFrameOptions({ action: "deny" }));
app.use(contentSecurityPolicy({ directives: { ...helmet.contentSecurityPolicy.getDefaultDirectives(), "img-src": null } }));
// @ts-expect-error two names for one option
helmet({ hsts: true, strictTransportSecurity: true });
// @ts-expect-error directives are needed
helmet({ contentSecurityPolicy: { useDefaults: false } });
// @ts-expect-error takes no options
helmet.noSniff({});
// @ts-expect-error an unknown value
helmet({ xFrameOptions: { action: "allow-from" } });
