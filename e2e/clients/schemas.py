"""A form with references, a union of two kinds, a list of it, and something that may be missing."""

from typing import Literal

from pydantic import BaseModel, Field

ASKED = "Who is it?"


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]
    tricks: list[str]


class Address(BaseModel):
    street: str
    number: int


class Owner(BaseModel):
    """Somebody, and whom they live with."""

    name: str
    home: Address
    summer_home: Address | None
    pets: list[Cat | Dog] = Field(description="All of them.")


def check(owner) -> None:
    """Whether it is an owner, made up to the letter."""
    owner = owner if isinstance(owner, Owner) else Owner.model_validate(owner)
    assert owner.name and owner.home.street, owner
    assert owner.pets and owner.pets[0].kind in ("cat", "dog"), owner
