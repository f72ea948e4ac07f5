// Package sms sends text messages and knows what became of them.
//
// Service.Queue writes the message and its job in the caller's transaction;
// the job hands it to a Provider: the HTTP gateway of a real installation
// (NewGateway) or the demo's Inbox. A message is queued, then accepted by the
// provider or failed; delivered comes with a provider that reports it. The
// text is sealed in its row and nulled once its use is over, and a message is
// never sent after its NotAfter.
//
// Parts tells what a text costs, by GSM-7 and UCS-2.
package sms
