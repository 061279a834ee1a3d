//! The OpenAPI document, made from the routes and the types.

use utoipa::ToSchema;
use utoipa::openapi::path::{HttpMethod, OperationBuilder, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{ComponentsBuilder, ObjectBuilder, Type};
use utoipa::openapi::{
    Components, Content, InfoBuilder, OpenApi, OpenApiBuilder, Paths, Ref, RefOr, Required, Response,
    ResponseBuilder, Schema,
};

use crate::routes::{self, Body, Method, Query, Route};
use crate::types;

/// Media type of everything that is not JSON or text.
pub const OCTETS: &str = "application/octet-stream";
/// Media type of the event stream.
pub const EVENT_STREAM: &str = "text/event-stream";

/// The document.
pub fn document() -> OpenApi {
    let info = InfoBuilder::new()
        .title("NONOS node")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Receipts, batches, blobs, packages and proofs of one node. 32-byte words, addresses and byte strings are hex with 0x; \
             times are Unix seconds.",
        ))
        .build();
    OpenApiBuilder::new().info(info).paths(paths()).components(Some(components())).build()
}

/// The document as JSON text.
pub fn json() -> String {
    // Maps with string keys and strings: there is nothing in it that serialisation could refuse.
    serde_json::to_string(&document()).unwrap_or_default()
}

fn components() -> Components {
    let mut schemas = vec![(
        "OpenApi".to_owned(),
        RefOr::T(Schema::from(ObjectBuilder::new().description(Some("An OpenAPI 3.1 document")).build())),
    )];
    add::<types::ErrorBody>(&mut schemas);
    add::<types::NodeInfo>(&mut schemas);
    add::<types::Peers>(&mut schemas);
    add::<types::Ready>(&mut schemas);
    add::<types::ReceiptAccepted>(&mut schemas);
    add::<types::ReceiptList>(&mut schemas);
    add::<types::ReceiptView>(&mut schemas);
    add::<types::VerifyReply>(&mut schemas);
    add::<types::BatchAccepted>(&mut schemas);
    add::<types::BatchList>(&mut schemas);
    add::<types::BatchView>(&mut schemas);
    add::<types::Inclusion>(&mut schemas);
    add::<types::BlobStored>(&mut schemas);
    add::<types::PackageStored>(&mut schemas);
    add::<types::ProofView>(&mut schemas);
    add::<types::Operators>(&mut schemas);
    add::<types::OperatorView>(&mut schemas);
    add::<types::TrustView>(&mut schemas);
    add::<types::Event>(&mut schemas);
    ComponentsBuilder::new().schemas_from_iter(schemas).build()
}

/// The schema of a type, and of every type in it.
fn add<T: ToSchema>(schemas: &mut Vec<(String, RefOr<Schema>)>) {
    schemas.push((T::name().into_owned(), T::schema()));
    T::schemas(schemas);
}

fn paths() -> Paths {
    let mut paths = Paths::new();
    for route in routes::ALL {
        let method = match route.method {
            Method::Get => HttpMethod::Get,
            Method::Post => HttpMethod::Post,
        };
        paths.add_path_operation(route.path, vec![method], operation(route));
    }
    paths
}

fn operation(route: &Route) -> OperationBuilder {
    let mut operation = OperationBuilder::new()
        .summary(Some(route.summary))
        .operation_id(Some(operation_id(route)))
        .request_body(request(route.request))
        .response("200", answer(route))
        .response("default", refusal());
    for name in routes::parameters(route.path) {
        operation = operation.parameter(path_parameter(name));
    }
    for query in route.query {
        operation = operation.parameter(query_parameter(query));
    }
    operation
}

/// `get_v1_receipts_id_raw`: unique because method and path are.
fn operation_id(route: &Route) -> String {
    let words = route.path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let method = match route.method {
        Method::Get => "get",
        Method::Post => "post",
    };
    std::iter::once(method).chain(words).collect::<Vec<_>>().join("_")
}

fn text() -> Schema {
    ObjectBuilder::new().schema_type(Type::String).build().into()
}

fn path_parameter(name: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some("32 bytes as hex with 0x"))
        .schema(Some(text()))
        .build()
}

fn query_parameter(&(name, meaning): &Query) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(meaning))
        .schema(Some(text()))
        .build()
}

fn content(body: Body) -> Option<(&'static str, Content)> {
    let reference = |name| RefOr::<Schema>::Ref(Ref::from_schema_name(name));
    let plain = || RefOr::<Schema>::T(text());
    match body {
        Body::None => None,
        Body::Json(name) => Some(("application/json", Content::new(Some(reference(name))))),
        Body::Octets(_) => Some((OCTETS, Content::new(Some(plain())))),
        Body::Text => Some(("text/plain", Content::new(Some(plain())))),
        Body::Events(name) => Some((EVENT_STREAM, Content::new(Some(reference(name))))),
    }
}

fn request(body: Body) -> Option<RequestBody> {
    let (media, content) = content(body)?;
    let mut request = RequestBodyBuilder::new().required(Some(Required::True)).content(media, content);
    if let Body::Octets(what) = body {
        request = request.description(Some(what));
    }
    Some(request.build())
}

fn answer(route: &Route) -> Response {
    let words = match route.answer {
        Body::Octets(what) => what,
        _ => route.summary,
    };
    let mut response = ResponseBuilder::new().description(words);
    if let Some((media, content)) = content(route.answer) {
        response = response.content(media, content);
    }
    response.build()
}

fn refusal() -> Response {
    let body = RefOr::<Schema>::Ref(Ref::from_schema_name("ErrorBody"));
    ResponseBuilder::new()
        .description("What was wrong, and what to do")
        .content("application/json", Content::new(Some(body)))
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn references(value: &serde_json::Value, found: &mut BTreeSet<String>) {
        match value {
            serde_json::Value::Object(map) => map.iter().for_each(|(key, value)| match value.as_str() {
                Some(target) if key == "$ref" => drop(found.insert(target.to_owned())),
                _ => references(value, found),
            }),
            serde_json::Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }

    #[test]
    fn every_route_is_described_and_nothing_else() {
        let document: serde_json::Value = serde_json::from_str(&json()).unwrap();
        let mut described = BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for method in ["get", "post", "put", "delete", "patch", "head"] {
                if item.get(method).is_some() {
                    described.insert(format!("{method} {path}"));
                }
            }
        }
        let routes: BTreeSet<String> = routes::ALL
            .iter()
            .map(|route| format!("{} {}", format!("{:?}", route.method).to_lowercase(), route.path))
            .collect();
        assert_eq!(described, routes);
        assert_eq!(routes.len(), routes::ALL.len(), "no route twice");
    }

    #[test]
    fn every_schema_that_is_named_exists_and_operation_ids_are_unique() {
        let document: serde_json::Value = serde_json::from_str(&json()).unwrap();
        let mut named = BTreeSet::new();
        references(&document, &mut named);
        assert!(named.len() > 15, "{named:?}");
        for target in named {
            let pointer = target.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{target} does not exist");
        }
        let ids: BTreeSet<String> = routes::ALL.iter().map(operation_id).collect();
        assert_eq!(ids.len(), routes::ALL.len());
    }
}
