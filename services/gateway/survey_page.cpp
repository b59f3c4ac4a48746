#include "gateway/survey_page.hpp"

namespace bridgework::gateway {

std::string escaped(std::string_view text) {
  std::string html;
  html.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&': html += "&amp;"; break;
      case '<': html += "&lt;"; break;
      case '>': html += "&gt;"; break;
      case '"': html += "&quot;"; break;
      case '\'': html += "&#39;"; break;
      default: html += c;
    }
  }
  return html;
}

std::string page(std::string_view title, std::string_view content) {
  std::string html =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, "
      "initial-scale=1\">"
      "<meta name=\"robots\" content=\"noindex\"><title>";
  html += escaped(title);
  html +=
      "</title><style>"
      "body{font:1.125rem/1.5 system-ui,sans-serif;margin:0 auto;max-width:34rem;padding:1rem;color:#1b1b1b;background:#fff}"
      "fieldset{border:0;margin:0 0 1.5rem;padding:0}legend,.label{font-weight:600;margin-bottom:.5rem;display:block}"
      ".scores{display:grid;grid-template-columns:repeat(auto-fill,minmax(3.25rem,1fr));gap:.5rem}"
      ".scores label,.choice label{border:2px solid #555;border-radius:.5rem;padding:.6rem;text-align:center;display:block}"
      ".choice{display:flex;gap:.5rem}.choice label{flex:1}"
      "textarea{box-sizing:border-box;width:100%;font:inherit;padding:.5rem;border:2px solid #555;border-radius:.5rem}"
      "input.text{box-sizing:border-box;width:100%;font:inherit;padding:.5rem;border:2px solid #555;border-radius:.5rem}"
      ".list,.times{list-style:none;padding:0;display:grid;gap:.5rem}.times{grid-template-columns:repeat(auto-fill,minmax(5rem,1fr))}"
      ".list a,.times a{display:block;border:2px solid #555;border-radius:.5rem;padding:.6rem;color:#0b57a4}"
      "[role=alert]{border-left:4px solid #b3261e;padding-left:1rem}"
      "button{font:inherit;font-weight:600;width:100%;padding:.9rem;border:0;border-radius:.5rem;background:#0b57a4;color:#fff}"
      ":focus-visible{outline:3px solid #e08a00;outline-offset:2px}"
      "</style></head><body><main>";
  html += content;
  html += "</main></body></html>\n";
  return html;
}

std::optional<SurveyToken> read_survey_token(std::string_view token) {
  const std::size_t dot = token.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || dot + 1 == token.size()) return std::nullopt;
  return SurveyToken{std::string(token.substr(0, dot)), std::string(token.substr(dot + 1))};
}

std::string survey_form_page(std::string_view question) {
  const std::string asked = question.empty() ? "How likely are you to recommend us to a friend or colleague?" : escaped(question);
  std::string content = "<h1>Your visit</h1><form method=\"post\"><fieldset><legend>" + asked +
                        "</legend><p id=\"scale\">0 means not at all likely, 10 extremely likely.</p><div class=\"scores\">";
  for (int score = 0; score <= 10; ++score) {
    const std::string number = std::to_string(score);
    content +=
        "<label><input type=\"radio\" name=\"score\" required aria-describedby=\"scale\" value=\"" + number + "\"> " + number + "</label>";
  }
  content +=
      "</div></fieldset>"
      "<fieldset><legend>Did we keep what we promised?</legend><div class=\"choice\">"
      "<label><input type=\"radio\" name=\"promise_kept\" value=\"yes\"> Yes</label>"
      "<label><input type=\"radio\" name=\"promise_kept\" value=\"no\"> No</label></div></fieldset>"
      "<p><label class=\"label\" for=\"text\">Anything you want to tell us?</label>"
      "<textarea id=\"text\" name=\"text\" rows=\"5\" maxlength=\"1000\"></textarea></p>"
      "<button type=\"submit\">Send</button></form>";
  return page("Your visit", content);
}

std::string unsubscribe_page() {
  return page("No more messages",
              "<h1>No more messages?</h1><p>You will get no more messages of this kind.</p><form method=\"post\">"
              "<button type=\"submit\">Yes, stop them</button></form>");
}

std::string survey_thanks_page(std::string_view review_link) {
  std::string content = "<h1>Thank you</h1><p>Your answer has reached the practice.</p>";
  // Only a web address becomes a link, whatever was configured.
  if (review_link.starts_with("https://") || review_link.starts_with("http://")) {
    content += "<p>If you like, <a rel=\"noreferrer\" href=\"" + escaped(review_link) + "\">tell others too</a>.</p>";
  }
  return page("Thank you", content);
}

std::string survey_message_page(std::string_view heading, std::string_view sentence) {
  return page(heading, "<h1>" + escaped(heading) + "</h1><p>" + escaped(sentence) + "</p>");
}

}  // namespace bridgework::gateway
