#pragma once
// The description of the whole HTTP interface, from the same schema that answers it.

#include <string>

#include "gateway/forms.hpp"
#include "gateway/router.hpp"

namespace bridgework::gateway {

/// OpenAPI 3.1 as JSON text: every route, every message it reaches, the problem document, the API key.
std::string openapi_json(const Router& router, const Forms& forms);

}  // namespace bridgework::gateway
