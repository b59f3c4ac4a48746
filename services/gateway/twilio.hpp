#pragma once
// Inbound text messages as Twilio sends them.

#include <string>
#include <string_view>

#include "gateway/url.hpp"

namespace bridgework::gateway {

/// The X-Twilio-Signature of a form: base64 of HMAC-SHA1, keyed with the account's token, over the URL as Twilio called it and every
/// parameter, sorted by name, repeated ones once. Source: Twilio, "Validating Signatures from Twilio".
std::string twilio_signature(std::string_view token, std::string_view url, Parameters parameters);

/// In constant time.
bool is_twilio_signature(std::string_view given, std::string_view token, std::string_view url, const Parameters& parameters);

}  // namespace bridgework::gateway
