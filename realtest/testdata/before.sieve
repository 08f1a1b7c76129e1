require ["fileinto"];

if header :is "X-Campaign" "newsletter" {
  fileinto "Junk";
  stop;
}
if header :is "X-Campaign" "unwanted" {
  discard;
  stop;
}
