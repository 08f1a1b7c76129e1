require ["fileinto", "mailbox"];

if header :is "X-Campaign" "newsletter" {
  fileinto "{{.Prefix}}Junk";
  stop;
}
if header :is "X-Campaign" "bulk" {
  fileinto "{{.Prefix}}Bulk";
  stop;
}
if header :is "X-Campaign" "list" {
  fileinto :create "{{.Prefix}}Lists";
  stop;
}
if header :is "X-Campaign" "unwanted" {
  discard;
  stop;
}
