#pragma once
// What a message names, and whether whoever asks may ask about that.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/object.hpp>

#include "gateway/api_keys.hpp"
#include "gateway/forms.hpp"
#include "gateway/problem.hpp"

namespace bridgework::gateway {

/// The text of a member; empty when it is none.
std::string text_of(const boost::json::object& object, std::string_view name);

/// Every id the object names, with the name of its field.
void collect_ids(const StructForm& form, const boost::json::object& object, std::vector<std::pair<std::string, std::string>>& ids);

/// Why a caller of some sites may not ask that, or nothing. What could be narrowed to a site and is not would be about all of them. A visit
/// is of the site its id begins with; a person belongs to the group, not to a site.
std::optional<Problem> out_of_scope(const Caller& caller, const messages::MessageInfo& message, const StructForm& form,
                                    const boost::json::object& object);

}  // namespace bridgework::gateway
