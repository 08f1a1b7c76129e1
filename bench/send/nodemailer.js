// Sends messages by nodemailer's pool: nodemailer.js SETTINGS. See bench/send.sh.
const s = JSON.parse(process.argv[2]);
const nodemailer = require(s.Modules + "/nodemailer");
const pool = nodemailer.createTransport({
  pool: true, host: s.Host, port: s.Port, secure: false, ignoreTLS: true, name: "mail.example.org",
  maxConnections: s.Conns, maxMessages: Infinity,
});
const line = "0123456789 ".repeat(6) + "01234\n";
const text = line.repeat(Math.floor(s.Length / line.length));
const one = () => pool.sendMail({
  from: "Ops <ops@example.org>", to: "anna@example.net", subject: "Your weekly notice", text,
});
(async () => {
  let left = s.Messages;
  const work = async () => { while (left-- > 0) await one(); };
  await Promise.all(Array.from({ length: s.Conns }, work));
  pool.close();
})().catch((err) => { console.error(err); process.exit(1); });
