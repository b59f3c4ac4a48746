#pragma once
// What proves that an answer comes from whoever was asked.

#include <string>
#include <string_view>

#include "messages/feedback.values.hpp"

namespace bridgework::feedback {

/// A signature of the survey's id: 128 bits of keyed BLAKE2b, in hex. Nobody without the secret can make one; the same survey and secret
/// give the same token. The secret must not be empty.
std::string token_of(const SurveyId& survey, std::string_view secret);

/// Whether it is the survey's token. Takes as long for a nearly right one as for a wrong one; false without a secret.
bool is_token_of(const SurveyId& survey, std::string_view token, std::string_view secret);

}  // namespace bridgework::feedback
