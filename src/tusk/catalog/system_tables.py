"""Where PostgreSQL keeps each kind of object; an oid means something only together with it."""

from __future__ import annotations

from collections.abc import Mapping

from tusk.catalog.objects import (
    CatalogObject,
    Column,
    Database,
    EnumType,
    Function,
    Index,
    Item,
    ItemKind,
    Key,
    Relation,
    Schema,
    SequenceInfo,
)

_TABLES: Mapping[type[CatalogObject], str] = {
    Database: "pg_database",
    Schema: "pg_namespace",
    Relation: "pg_class",
    Column: "pg_class",
    Key: "pg_constraint",
    Index: "pg_class",
    Function: "pg_proc",
    SequenceInfo: "pg_class",
    EnumType: "pg_type",
}
_ITEM_TABLES: Mapping[ItemKind, str] = {
    ItemKind.DOMAIN: "pg_type",
    ItemKind.COMPOSITE_TYPE: "pg_type",
    ItemKind.RANGE_TYPE: "pg_type",
    ItemKind.BASE_TYPE: "pg_type",
    ItemKind.COLLATION: "pg_collation",
    ItemKind.CONVERSION: "pg_conversion",
    ItemKind.OPERATOR: "pg_operator",
    ItemKind.OPERATOR_CLASS: "pg_opclass",
    ItemKind.OPERATOR_FAMILY: "pg_opfamily",
    ItemKind.DICTIONARY: "pg_ts_dict",
    ItemKind.CONFIGURATION: "pg_ts_config",
    ItemKind.PARSER: "pg_ts_parser",
    ItemKind.TEMPLATE: "pg_ts_template",
    ItemKind.TRIGGER: "pg_trigger",
    ItemKind.RULE: "pg_rewrite",
    ItemKind.POLICY: "pg_policy",
    ItemKind.STATISTICS: "pg_statistic_ext",
    ItemKind.EXTENSION: "pg_extension",
    ItemKind.FOREIGN_DATA_WRAPPER: "pg_foreign_data_wrapper",
    ItemKind.FOREIGN_SERVER: "pg_foreign_server",
    ItemKind.USER_MAPPING: "pg_user_mapping",
    ItemKind.CAST: "pg_cast",
    ItemKind.LANGUAGE: "pg_language",
    ItemKind.TRANSFORM: "pg_transform",
    ItemKind.ACCESS_METHOD: "pg_am",
    ItemKind.EVENT_TRIGGER: "pg_event_trigger",
    ItemKind.PUBLICATION: "pg_publication",
    ItemKind.SUBSCRIPTION: "pg_subscription",
    ItemKind.DEFAULT_PRIVILEGES: "pg_default_acl",
    ItemKind.ROLE: "pg_authid",
    ItemKind.TABLESPACE: "pg_tablespace",
}


def system_table(object_: CatalogObject) -> str:
    """The table that holds an object, in the schema pg_catalog.

    >>> system_table(Schema("shop", "public"))
    'pg_namespace'
    """
    return _ITEM_TABLES[object_.kind] if isinstance(object_, Item) else _TABLES[type(object_)]
