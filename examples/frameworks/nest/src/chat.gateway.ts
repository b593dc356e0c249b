import { MessageBody, SubscribeMessage, WebSocketGateway } from "@nestjs/websockets";

@WebSocketGateway()
export class ChatGateway {
	@SubscribeMessage("say")
	say(@MessageBody() text: string): object {
		return { event: "heard", data: text };
	}
}
