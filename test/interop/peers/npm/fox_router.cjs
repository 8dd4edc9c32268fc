// The router of fox-wamp, on the port that is given.
"use strict";
const { load } = require("./lines.cjs");
const Router = load("fox-wamp");

const router = new Router();
router.listenWAMP({ port: Number(process.argv[2]), host: "127.0.0.1" });
