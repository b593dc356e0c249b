import { APACHE } from "./apache.ts";
import { CADDY } from "./caddy.ts";
import { HAPROXY } from "./haproxy.ts";
import { NGINX } from "./nginx.ts";
import type { Shape } from "./shape.ts";
import { VARNISH } from "./varnish.ts";

/** Configurations as people write them: with faults, without, and those that only look as if they had one. */
export const SHAPES: readonly Shape[] = [...NGINX, ...APACHE, ...CADDY, ...HAPROXY, ...VARNISH];
