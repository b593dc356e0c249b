import type { PermissionsPolicyFeature } from "./features.ts";

/** Features that no framed site should have without a reason: devices, the screen, the location of the visitor, and money. */
export const POWERFUL_FEATURES: ReadonlySet<string> = new Set<PermissionsPolicyFeature>([
	"camera",
	"display-capture",
	"geolocation",
	"hid",
	"microphone",
	"payment",
	"serial",
	"usb",
]);
