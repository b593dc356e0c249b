import { BaseProperty, BaseRecord, BaseResource } from "adminjs";

const PEOPLE = new Map([
	["1", { id: "1", name: "Ada" }],
	["2", { id: "2", name: "Grace" }],
]);
const PROPERTIES = [new BaseProperty({ path: "id", type: "string", isId: true }), new BaseProperty({ path: "name", type: "string" })];

/** A resource in memory, instead of a database. */
export class People extends BaseResource {
	databaseName() {
		return "memory";
	}
	databaseType() {
		return "memory";
	}
	id() {
		return "people";
	}
	properties() {
		return PROPERTIES;
	}
	property(path) {
		return PROPERTIES.find((property) => property.path() === path) ?? null;
	}
	async count() {
		return PEOPLE.size;
	}
	async find() {
		return [...PEOPLE.values()].map((person) => new BaseRecord(person, this));
	}
	async findOne(id) {
		return PEOPLE.has(id) ? new BaseRecord(PEOPLE.get(id), this) : null;
	}
	async findMany(ids) {
		return (await this.find()).filter((record) => ids.includes(record.id()));
	}
	async create(params) {
		const person = { ...params, id: String(PEOPLE.size + 1) };
		PEOPLE.set(person.id, person);
		return person;
	}
	async update(id, params) {
		PEOPLE.set(id, { ...PEOPLE.get(id), ...params });
		return PEOPLE.get(id);
	}
	async delete(id) {
		PEOPLE.delete(id);
	}
}
