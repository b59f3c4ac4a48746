#include "gateway/openapi.hpp"

#include <algorithm>
#include <limits>
#include <set>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "gateway/fhir_search.hpp"
#include "gateway/problem.hpp"

namespace bridgework::gateway {
namespace {

namespace json = boost::json;

json::string json_string(std::string_view text) { return json::string(text.data(), text.size()); }

json::object reference(std::string_view name) { return {{"$ref", json_string("#/components/schemas/" + std::string(name))}}; }

/// Whether a caller has to give the field: everything else has a default or is made.
bool is_asked_for(const FieldForm& field) {
  if (!field.new_id.empty() || field.principal || field.optional) return false;
  if (field.required) return true;
  return !field.is_list && (field.shape == Shape::kInstant || field.shape == Shape::kDay || field.shape == Shape::kLocal);
}

class Description {
 public:
  Description(const Router& router, const Forms& forms) : router_(router), forms_(forms) {}

  std::string text() {
    for (const Route& route : router_.routes()) add(route);
    describe_events();
    json::object components;
    schemas_["Problem"] = problem_schema();
    components["schemas"] = std::move(schemas_);
    components["responses"] = json::object{{"Problem",
                                            {{"description", "Why it was not done; `code` is stable"},
                                             {"content", {{std::string(kProblemContentType), {{"schema", reference("Problem")}}}}}}}};
    components["securitySchemes"] = json::object{{"apiKey", {{"type", "http"}, {"scheme", "bearer"}}}};
    json::object document;
    document["openapi"] = "3.1.0";
    document["info"] = json::object{{"title", "Bridgework"},
                                    {"version", "1"},
                                    {"description",
                                     "Commands, queries and the log of a dental group. Times are RFC 3339. A POST carries an "
                                     "Idempotency-Key: repeating it is safe and gives the same answer."}};
    document["servers"] = json::array{json::object{{"url", "/"}}};
    document["security"] = json::array{json::object{{"apiKey", json::array{}}}};
    document["paths"] = std::move(paths_);
    document["components"] = std::move(components);
    return json::serialize(document);
  }

 private:
  enum class Use { kInput, kOutput };

  void add(const Route& route) {
    json::object operation;
    if (const auto* message = std::get_if<MessageEndpoint>(&route.endpoint)) operation = message_operation(route, *message);
    else operation = special_operation(route, std::get<Special>(route.endpoint));
    if (!route.needs_key) operation["security"] = json::array{};
    std::string method = route.method;
    std::ranges::transform(method, method.begin(), [](char c) { return static_cast<char>(c - 'A' + 'a'); });
    json::value& path = paths_[route.pattern];
    if (!path.is_object()) path = json::object{};
    path.get_object()[method] = std::move(operation);
  }

  json::object message_operation(const Route& route, const MessageEndpoint& endpoint) {
    const messages::MessageInfo& message = *endpoint.message;
    const bool is_query = message.kind == messages::MessageKind::kQuery;
    json::object operation{{"operationId", json_string(message.name)}, {"tags", json::array{json_string(message.owner)}}};
    if (!message.doc.empty()) operation["description"] = json_string(message.doc);
    json::array parameters;
    std::set<std::string> in_path;
    for (const FieldForm& field : endpoint.form->fields) {
      const bool is_path = route.pattern.find("{" + field.name + "}") != std::string::npos;
      if (is_path) in_path.insert(field.name);
      if (!is_path && !is_query) continue;
      parameters.push_back(json::object{{"name", field.name},
                                        {"in", is_path ? "path" : "query"},
                                        {"required", is_path || is_asked_for(field)},
                                        {"schema", field_schema(field, Use::kInput)}});
    }
    bool makes_id = false;
    if (!is_query) {
      parameters.push_back(idempotency_key());
      makes_id = std::ranges::any_of(endpoint.form->fields, [](const FieldForm& field) { return !field.new_id.empty(); });
      schemas_[endpoint.form->name] = struct_schema(*endpoint.form, Use::kInput, in_path);
      operation["requestBody"] = json::object{{"content", {{"application/json", {{"schema", reference(endpoint.form->name)}}}}}};
    }
    if (!parameters.empty()) operation["parameters"] = std::move(parameters);
    json::object answer{{"description", is_query ? "The answer" : "Done, and durable"}};
    const StructForm* reply = forms_.find(message.answers.empty() ? std::string_view("Done") : message.answers);
    if (reply != nullptr) {
      describe(*reply, Use::kOutput);
      answer["content"] = json::object{{"application/json", {{"schema", reference(reply->name)}}}};
    }
    if (!is_query) {
      answer["headers"] = json::object{{"Bridgework-Sequence",
                                        {{"description", "Position in the log after which the effects can be seen"},
                                         {"schema", {{"type", "integer"}, {"format", "uint64"}}}}}};
    }
    json::object responses = problem_responses(is_query);
    if (makes_id) responses["201"] = answer;
    responses["200"] = std::move(answer);
    operation["responses"] = std::move(responses);
    return operation;
  }

  json::object special_operation(const Route& route, Special special) {
    switch (special) {
      case Special::kHealth: return plain("getHealth", "200 while the process can answer", "text/plain");
      case Special::kReady: return plain("getReady", "200 when requests can be served, else 503 with a sentence", "text/plain");
      case Special::kMetrics: return plain("getMetrics", "Prometheus text", "text/plain");
      case Special::kOpenApi: return plain("getOpenApi", "This document", "application/json");
      case Special::kStatus: return plain("getStatus", "Instances, lanes, head, checkpoints and lag, parked messages", "application/json");
      case Special::kEvents: return events_operation();
      case Special::kParked: return plain("listParked", "Messages set aside because handling them failed for good", "application/json");
      case Special::kParkedRetry:
        return plain("retryParked", "Handles parked messages again, in order; of one service or entity, or all", "application/json");
      case Special::kRebuildAnalytics:
        return plain("rebuildAnalytics", "Lets analytics count again from the first event", "application/json");
      case Special::kUnsubscribePage: {
        json::object operation = plain("getUnsubscribePage", "The question before an unsubscribe; reading it changes nothing", "text/html");
        operation["parameters"] = path_parameters(route);
        return operation;
      }
      case Special::kUnsubscribe: {
        json::object operation = plain("unsubscribe", "Unsubscribes; also in one click, as RFC 8058 asks", "text/html");
        operation["parameters"] = path_parameters(route);
        return operation;
      }
      case Special::kVisitPage: {
        json::object operation =
            plain("getVisitPage", "The visit a reminder is about, and a button; reading it changes nothing", "text/html");
        operation["parameters"] = path_parameters(route);
        return operation;
      }
      case Special::kVisitConfirm: {
        json::object operation =
            plain("confirmVisit",
                  "Confirms the visit of the message, cancels it, or asks for a call about another time, unless it was moved, "
                  "cancelled or is over",
                  "text/html");
        operation["parameters"] = path_parameters(route);
        operation["requestBody"] = form_body({"answer", "words"});
        return operation;
      }
      case Special::kCalendar: {
        json::object operation =
            plain("getCalendar", "A site's or provider's visits as iCalendar; the token ends in .ics", "text/calendar");
        operation["parameters"] = path_parameters(route);
        return operation;
      }
      case Special::kFhirMetadata:
        return plain("getFhirCapabilities", "FHIR R4 CapabilityStatement: which resources and searches there are", "application/fhir+json");
      case Special::kFhirRead: {
        json::object operation = plain("readFhir" + std::string(fhir_type_of(route.pattern)),
                                       "The FHIR R4 resource; errors are OperationOutcomes", "application/fhir+json");
        operation["parameters"] = path_parameters(route);
        return operation;
      }
      case Special::kFhirCreate:
        return fhir_input_operation("createFhir" + std::string(fhir_type_of(route.pattern)),
                                    "Takes a resource of another system, or says which rule it breaks; sent again it is recognised");
      case Special::kFhirBatch:
        return fhir_input_operation("takeFhirBatch", "Takes a Bundle of type batch, each entry for itself; people before their visits");
      case Special::kFhirSearch: return fhir_search_operation(fhir_type_of(route.pattern));
      case Special::kOfferPage: {
        json::object operation = plain("getOfferPage", "A free time that somebody was offered; reading it changes nothing", "text/html");
        operation["parameters"] = path_parameters(route);
        return operation;
      }
      case Special::kOfferAnswer: {
        json::object operation = plain("answerOfferPage", "Takes the answer of the page; 409 when somebody was faster", "text/html");
        operation["parameters"] = path_parameters(route);
        operation["requestBody"] = form_body({"answer"});
        return operation;
      }
      case Special::kImportPersons: return import_operation("importPersons", "ImportedPerson");
      case Special::kImportVisits: return import_operation("importVisits", "ImportedVisit");
      case Special::kImportLeads: return import_operation("importLeads", "ImportedLead");
      case Special::kWebForm: {
        json::object operation = plain("submitWebForm", "The public form of a site; the same answer whatever becomes of it", "text/html");
        operation["parameters"] = path_parameters(route);
        operation["requestBody"] = form_body(
            {"given_name", "family_name", "phone", "email", "text", "campaign", "website", "contact_consent", "marketing_consent"});
        return operation;
      }
      case Special::kBookPage: {
        json::object operation = plain("getBookPage",
                                       "Online booking: the kinds of visit, with a type its free times, with a time the form; reading it "
                                       "changes nothing. 404 wherever nothing can be booked online",
                                       "text/html");
        operation["parameters"] = path_parameters(route);
        for (const char* name :
             {"type", "from", "slot", "campaign", "utm_campaign", "utm_source", "utm_medium", "utm_term", "utm_content"}) {
          operation["parameters"].as_array().push_back(json::object{{"name", name}, {"in", "query"}, {"schema", {{"type", "string"}}}});
        }
        return operation;
      }
      case Special::kBook: {
        json::object operation =
            plain("bookOnline",
                  "Books what the page's form says, once for each page; 409 with other times when that one is taken, 422 "
                  "with the form when something is missing",
                  "text/html");
        operation["parameters"] = path_parameters(route);
        operation["requestBody"] =
            form_body({"token", "type", "slot", "again", "given_name", "family_name", "phone", "email", "consent", "offers", "website",
                       "campaign", "utm_campaign", "utm_source", "utm_medium", "utm_term", "utm_content"});
        return operation;
      }
      case Special::kBookedPage: {
        json::object operation =
            plain("getBookedPage", "What was booked from the page with that token; with .ics at its end as iCalendar", "text/html");
        operation["parameters"] = path_parameters(route);
        return operation;
      }
      case Special::kBookedAnswer: {
        json::object operation = plain("answerBookedPage", "Cancels what was booked, or asks for a call about another time", "text/html");
        operation["parameters"] = path_parameters(route);
        operation["requestBody"] = form_body({"answer", "words"});
        return operation;
      }
      case Special::kBookKnown: {
        json::object operation =
            plain("askForBookingLink",
                  "Sends a link for booking to the phone or e-mail, if it is known of one person; the same page in any "
                  "case",
                  "text/html");
        operation["parameters"] = path_parameters(route);
        operation["requestBody"] = form_body({"contact", "website"});
        return operation;
      }
      case Special::kLinkedBookPage: {
        json::object operation =
            plain("getLinkedBookPage",
                  "Online booking for whom the link was sent to: as getBookPage, with a time for whom it is; reading it "
                  "changes nothing. 410 when the link is over, 409 when nobody may book by it",
                  "text/html");
        operation["parameters"] = path_parameters(route);
        for (const char* name : {"type", "from", "slot"})
          operation["parameters"].as_array().push_back(json::object{{"name", name}, {"in", "query"}, {"schema", {{"type", "string"}}}});
        return operation;
      }
      case Special::kLinkedBook: {
        json::object operation =
            plain("bookByLink", "Books for the person that the token names, once for each link; else as bookOnline", "text/html");
        operation["parameters"] = path_parameters(route);
        operation["requestBody"] = form_body({"token", "type", "slot", "again"});
        return operation;
      }
      case Special::kTwilio: {
        json::object operation = plain("receiveTwilioMessage", "Inbound text message, as Twilio sends it", "text/xml");
        operation["requestBody"] = form_body({"MessageSid", "From", "Body"});
        return operation;
      }
      case Special::kSurveyPage: {
        json::object operation = plain("getSurveyPage", "The survey as a page; reading it changes nothing", "text/html");
        operation["parameters"] = path_parameters(route);
        return operation;
      }
      case Special::kSurveyAnswer: {
        json::object operation = plain("answerSurveyPage", "Takes the answer of the page", "text/html");
        operation["parameters"] = path_parameters(route);
        operation["requestBody"] = form_body({"score", "text", "promise_kept"});
        return operation;
      }
    }
    return {};
  }

  static json::object fhir_input_operation(const std::string& id, std::string_view description) {
    json::object operation = plain(id, description, "application/fhir+json");
    operation["parameters"] =
        json::array{json::object{{"name", "past_booked"},
                                 {"in", "query"},
                                 {"description", "What a visit of the past that still says booked was"},
                                 {"schema", {{"type", "string"}, {"enum", json::array{"fulfilled", "noshow", "cancelled"}}}}}};
    operation["requestBody"] =
        json::object{{"required", true}, {"content", {{"application/fhir+json", {{"schema", {{"type", "object"}}}}}}}};
    return operation;
  }

  static json::object fhir_search_operation(std::string_view type) {
    json::object operation =
        plain("searchFhir" + std::string(type), "A Bundle of type searchset; errors are OperationOutcomes", "application/fhir+json");
    json::array parameters;
    for (const std::string_view name : fhir_search_names(type)) {
      parameters.push_back(json::object{{"name", json_string(name)}, {"in", "query"}, {"schema", {{"type", "string"}}}});
    }
    operation["parameters"] = std::move(parameters);
    return operation;
  }

  static json::object plain(std::string_view id, std::string_view description, std::string_view media_type) {
    return {{"operationId", json_string(id)},
            {"responses",
             {{"200", {{"description", json_string(description)}, {"content", {{json_string(media_type), json::object{}}}}}},
              {"default", {{"$ref", "#/components/responses/Problem"}}}}}};
  }

  static json::array path_parameters(const Route& route) {
    json::array parameters;
    for (std::size_t open = route.pattern.find('{'); open != std::string::npos; open = route.pattern.find('{', open + 1)) {
      const std::string name = route.pattern.substr(open + 1, route.pattern.find('}', open) - open - 1);
      parameters.push_back(json::object{{"name", name}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}});
    }
    return parameters;
  }

  static json::object form_body(std::initializer_list<const char*> names) {
    json::object properties;
    for (const char* name : names) properties[name] = json::object{{"type", "string"}};
    return {
        {"content", {{"application/x-www-form-urlencoded", {{"schema", {{"type", "object"}, {"properties", std::move(properties)}}}}}}}};
  }

  json::object events_operation() {
    json::object operation =
        plain("getEvents", "CloudEvents 1.0, one a line; with Accept: text/event-stream as server-sent events", "application/x-ndjson");
    json::value& content = operation["responses"].get_object()["200"].get_object()["content"];
    content.get_object()["application/x-ndjson"] = json::object{{"schema", reference("CloudEvent")}};
    content.get_object()["text/event-stream"] = json::object{{"schema", {{"type", "string"}}}};
    const auto parameter = [](std::string_view name, std::string_view place, json::object schema, std::string_view description) {
      return json::object{{"name", json_string(name)},
                          {"in", json_string(place)},
                          {"schema", std::move(schema)},
                          {"description", json_string(description)}};
    };
    operation["parameters"] = json::array{
        parameter("after", "query", {{"type", "string"}}, "Only events after this one: its id, or its sequence alone"),
        parameter("type", "query", {{"type", "array"}, {"items", {{"type", "string"}}}}, "Only events of these types; may repeat"),
        parameter("person", "query", {{"type", "string"}}, "Only events about this person"),
        parameter("limit", "query", {{"type", "integer"}, {"minimum", 0}}, "At most so many"),
        parameter("follow", "query", {{"type", "boolean"}}, "Stay open at the head; server-sent events always do unless told"),
        parameter("Last-Event-ID", "header", {{"type", "string"}}, "The sequence last seen, when server-sent events reconnect")};
    return operation;
  }

  json::object import_operation(std::string_view id, std::string_view row) {
    const StructForm* form = forms_.find(row);
    if (form == nullptr) return plain(id, "Rows of another system", "application/json");
    const std::string row_name = std::string(row) + "Row";
    json::object schema = struct_schema(*form, Use::kInput, {});
    if (row == "ImportedVisit") {
      schema["properties"].get_object()["site"] = json::object{{"type", "string"}, {"maxLength", 64}};
      schema["required"].as_array().push_back("site");
    }
    schemas_[row_name] = std::move(schema);
    json::object operation = plain(id, "The sums over all rows; repeating the same request is safe", "application/json");
    const json::object count{{"type", "integer"}, {"minimum", 0}};
    operation["responses"].get_object()["200"].get_object()["content"].get_object()["application/json"] = json::object{
        {"schema", {{"type", "object"}, {"properties", {{"imported", count}, {"already_known", count}, {"overlapping", count}}}}}};
    operation["parameters"] = json::array{idempotency_key()};
    operation["requestBody"] =
        json::object{{"required", true},
                     {"content",
                      {{"application/json",
                        {{"schema",
                          {{"type", "object"},
                           {"required", json::array{"rows"}},
                           {"additionalProperties", false},
                           {"properties", {{"rows", {{"type", "array"}, {"maxItems", 500}, {"items", reference(row_name)}}}}}}}}}}}};
    return operation;
  }

  static json::object idempotency_key() {
    return {{"name", "Idempotency-Key"},
            {"in", "header"},
            {"required", true},
            {"schema", {{"type", "string"}, {"minLength", 1}, {"maxLength", 128}}},
            {"description", "The same key with the same body gives the same answer, for seven days"}};
  }

  static json::object problem_responses(bool is_query) {
    json::object responses;
    const auto add = [&](const char* status) { responses[status] = json::object{{"$ref", "#/components/responses/Problem"}}; };
    for (const char* status : {"400", "401", "404", "409", "422", "500", "503", "504"}) add(status);
    if (!is_query) add("413");
    return responses;
  }

  static json::object problem_schema() {
    const json::object string{{"type", "string"}};
    return {{"type", "object"},
            {"required", json::array{"type", "title", "status", "detail", "code", "instance"}},
            {"properties",
             {{"type", {{"type", "string"}, {"format", "uri"}}},
              {"title", string},
              {"status", {{"type", "integer"}}},
              {"detail", string},
              {"code", string},
              {"instance", string},
              {"path", {{"type", "string"}, {"description", "JSON pointer of the field that breaks a rule"}}},
              {"rule", string},
              {"after", {{"type", "string"}, {"description", "Where to read on in a log that was rolled back"}}}}}};
  }

  /// Event payloads are not reached by any operation's reply, but a reader of the log wants them.
  void describe_events() {
    json::array data;
    for (const messages::MessageInfo& message : messages::all_messages()) {
      if (message.kind != messages::MessageKind::kEvent) continue;
      describe(*forms_.find(message.type_id), Use::kOutput);
      data.push_back(reference(message.name));
    }
    const json::object string{{"type", "string"}};
    schemas_["CloudEvent"] = json::object{{"type", "object"},
                                          {"required", json::array{"specversion", "id", "sequence", "source", "type", "time"}},
                                          {"properties",
                                           {{"specversion", {{"const", "1.0"}}},
                                            {"id", string},
                                            {"sequence", {{"type", "integer"}, {"format", "uint64"}}},
                                            {"source", string},
                                            {"type", string},
                                            {"time", {{"type", "string"}, {"format", "date-time"}}},
                                            {"subject", string},
                                            {"site", string},
                                            {"datacontenttype", string},
                                            {"data", {{"anyOf", std::move(data)}}}}}};
  }

  void describe(const StructForm& form, Use use) {
    if (schemas_.contains(form.name)) return;
    schemas_[form.name] = json::object{};  // stops a schema that holds itself
    schemas_[form.name] = struct_schema(form, use, {});
  }

  json::object struct_schema(const StructForm& form, Use use, const std::set<std::string>& without) {
    json::object properties;
    json::array required;
    for (const FieldForm& field : form.fields) {
      if (without.contains(field.name)) continue;
      properties[field.name] = field_schema(field, use);
      if (use == Use::kOutput ? !field.optional : is_asked_for(field)) required.push_back(json_string(field.name));
    }
    json::object schema{{"type", "object"}, {"properties", std::move(properties)}, {"required", std::move(required)}};
    if (use == Use::kInput) schema["additionalProperties"] = false;
    if (!form.doc.empty()) schema["description"] = json_string(form.doc);
    return schema;
  }

  json::object field_schema(const FieldForm& field, Use use) {
    json::object item = item_schema(field);
    if (!field.is_list) {
      if (!field.doc.empty() && !item.contains("$ref")) item["description"] = json_string(field.doc);
      if (use == Use::kInput && field.required && (field.shape == Shape::kText || field.shape == Shape::kId)) item["minLength"] = 1;
      return item;
    }
    json::object list{{"type", "array"}, {"items", std::move(item)}, {"maxItems", field.items_max}};
    if (use == Use::kInput && field.required) list["minItems"] = 1;
    if (!field.doc.empty()) list["description"] = json_string(field.doc);
    return list;
  }

  json::object item_schema(const FieldForm& field) {
    switch (field.shape) {
      case Shape::kBool: return {{"type", "boolean"}};
      case Shape::kSigned:
      case Shape::kUnsigned: {
        json::object schema{{"type", "integer"}};
        if (field.range) {
          schema["minimum"] = field.range->min;
          schema["maximum"] = field.range->max;
        } else {
          schema["format"] = field.shape == Shape::kSigned ? "int64" : "uint64";
          if (field.shape == Shape::kUnsigned) schema["minimum"] = 0;
        }
        return schema;
      }
      case Shape::kFloat: return {{"type", "number"}};
      case Shape::kText: return {{"type", "string"}, {"maxLength", field.bytes_max}};
      case Shape::kId:
        return {{"type", "string"}, {"maxLength", field.bytes_max}, {"pattern", "^[A-Za-z0-9_+.@-]*$"}, {"title", field.id_type}};
      case Shape::kEnum: {
        json::array names;
        for (const std::string& name : field.enumerants) names.push_back(json_string(name));
        return {{"type", "string"}, {"enum", std::move(names)}};
      }
      case Shape::kInstant: return {{"type", "string"}, {"format", "date-time"}};
      case Shape::kDay: return {{"type", "string"}, {"format", "date"}};
      case Shape::kLocal: return {{"type", "string"}, {"examples", json::array{"2026-11-22T09:00:00"}}};
      case Shape::kStruct:
        // A part may stand in commands and in replies; what a command asks for is the stricter reading.
        describe(*field.nested, Use::kInput);
        return reference(field.nested->name);
    }
    return {};
  }

  const Router& router_;
  const Forms& forms_;
  json::object paths_;
  json::object schemas_;
};

}  // namespace

std::string openapi_json(const Router& router, const Forms& forms) { return Description(router, forms).text(); }

}  // namespace bridgework::gateway
