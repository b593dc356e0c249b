module.exports = { uiHost: "127.0.0.1", telemetry: { enabled: false }, editorTheme: { tours: false } };
