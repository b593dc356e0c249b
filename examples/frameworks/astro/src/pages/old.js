export const GET = ({ redirect }) => redirect("/", 302);
