#pragma once
// The public form of a site: what was sent, as a command, whatever was sent.

#include <chrono>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "gateway/forms.hpp"

namespace bridgework::gateway {

/// More than anybody writes into a form; a longer body is taken for a machine's.
inline constexpr std::size_t kFormBytesMax = 32 * 1024;

/// The answer to a form comes at a multiple of this after it was sent, whatever became of it: neither the bytes nor the time say whether a
/// key is known, a cap is reached, or somebody is a patient. Several times what a commit takes.
inline constexpr std::chrono::milliseconds kFormAnswerEvery{250};

/// The fields of `SubmitWebForm`, without its ids: from a form (application/x-www-form-urlencoded) or a JSON object of texts.
///
/// Nothing is refused here, because a refusal would be another answer: text that is too long is cut, what is no text is left out, a key
/// or a campaign that cannot be an id becomes one that nobody has, and a body that cannot be read counts as filled in by a machine.
boost::json::object read_web_form(std::string_view form_key, std::string_view body, const StructForm& form);

/// The one answer: a page that thanks.
std::string web_form_page();

}  // namespace bridgework::gateway
