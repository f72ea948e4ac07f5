// Package sms sends text messages and knows what became of them.
//
// Service.Queue writes the message and its job in the caller's transaction;
// the job hands it to a Provider: an HTTP gateway (NewGateway), a line to a
// carrier (package smpp), or the demo's Inbox. A message is queued, then
// accepted by a provider or failed; receipts make it delivered or failed
// (Service.Receive). The text is sealed in its row and nulled once its use is
// over, and a message is never sent after its NotAfter.
//
// Of several providers the first that is well is asked (Settings.Routes). One
// that fails rests, longer each time, and is then tried by one message. Where
// the error says that the message surely was not taken, the next provider gets
// it; where it may have been taken, nobody else does. All of that lies in rows:
// processes share it.
//
// Operators declare SMS out of order and see what it costs (Declare, Costs).
// Parts tells what a text costs, by GSM-7 and UCS-2.
package sms
